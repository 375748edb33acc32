package dev.missive.testkit.launcher;

import org.jspecify.annotations.Nullable;

/**
 * How clients reach a broker and prove who they are. Its text does not show the password.
 *
 * @param tlsName what the broker's certificate is made out to; null for connections without TLS
 * @param user the name of the only user; null for the broker's default
 * @param password of that user; null without one
 * @since 0.1
 */
public record BrokerSecurity(
    @Nullable String tlsName, @Nullable String user, @Nullable String password) {
  static final BrokerSecurity NONE = new BrokerSecurity(null, null, null);

  boolean tls() {
    return tlsName != null;
  }

  /** The user and the password before the host of a URL; empty without a user. */
  String userInfo() {
    return user == null ? "" : user + ":" + password + "@";
  }

  @Override
  public String toString() {
    return "tls " + tlsName + ", user " + user;
  }
}
