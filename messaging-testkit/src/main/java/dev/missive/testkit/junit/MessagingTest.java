package dev.missive.testkit.junit;

import dev.missive.Messaging;
import dev.missive.testkit.MemoryBroker;
import dev.missive.testkit.Recorder;
import dev.missive.testkit.VirtualTime;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Gives each test an in-memory broker of its own, and closes everything after it.
 *
 * <p>Test methods, {@code @BeforeEach} and {@code @AfterEach} methods may have parameters of these
 * types; within one test all of them get the same objects:
 *
 * <ul>
 *   <li>{@link Messaging}, open, not connected yet;
 *   <li>{@link MemoryBroker}, to look into the broker and to make it fail;
 *   <li>{@link Recorder}, a handler that succeeds; with {@link Records} it runs already;
 *   <li>{@link Awaiting}, assertions that wait;
 *   <li>{@link VirtualTime}, if {@link #virtualTime()} is set.
 * </ul>
 *
 * <p>Tests share nothing and may run in parallel. On a method it replaces what the class says.
 *
 * @since 0.1
 */
@Documented
@Inherited
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.TYPE, ElementType.METHOD})
@ExtendWith(MessagingExtension.class)
public @interface MessagingTest {

  /**
   * Whether the clock stands still until the test moves it with {@link VirtualTime#advance}: then
   * waits between retries and delays cost no real time.
   *
   * @return by default the clock is real
   */
  boolean virtualTime() default false;

  /**
   * Further settings, each {@code key=value}. They win over system properties, variables and files.
   *
   * @return by default none
   */
  String[] settings() default {};
}
