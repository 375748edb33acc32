/** The quickstart: real records through router, retry, dead letters and drain. */
module dev.missive.examples.quickstart {
  requires dev.missive;
  requires info.picocli;
  requires tools.jackson.core;
  requires tools.jackson.databind;
  requires static org.jspecify;

  opens dev.missive.examples.quickstart to
      info.picocli,
      tools.jackson.databind;
}
