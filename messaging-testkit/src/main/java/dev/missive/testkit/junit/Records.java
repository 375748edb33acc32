package dev.missive.testkit.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * On a parameter of type {@link dev.missive.testkit.Recorder}: it records what is published to
 * these topics, from before the method begins. The topics and the group are declared.
 *
 * @since 0.1
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.PARAMETER)
public @interface Records {

  /**
   * The topics, or patterns.
   *
   * @return at least one
   */
  String[] value();

  /**
   * The group that records. Recorders of one group share the messages, as all consumers do, and one
   * in a group of the application takes messages away from it.
   *
   * @return by default a group of its own
   */
  String group() default "";
}
