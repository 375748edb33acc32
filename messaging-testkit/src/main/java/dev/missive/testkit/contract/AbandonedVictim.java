package dev.missive.testkit.contract;

/** A victim in this process. */
final class AbandonedVictim extends Victim {
  private final Lab lab;
  private final Control.Abandon abandon;
  private final String application;
  private final VictimCommands commands;

  AbandonedVictim(Lab lab, Control.Abandon abandon) {
    this.lab = lab;
    this.abandon = abandon;
    this.application = lab.application("victim");
    this.commands = new VictimCommands(lab.open("application", application));
  }

  @Override
  String command(String... words) {
    return lab.call("the victim's " + words[0], () -> commands.execute(words));
  }

  @Override
  void kill() {
    abandon.abandon(application);
    lab.note("killed", "client " + application + " abandoned in process");
  }

  /** Its connection is closed by the lab. */
  @Override
  public void close() {
    commands.letGo();
  }
}
