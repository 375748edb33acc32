package dev.missive.testkit.launcher;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.ContainerFetchException;
import org.testcontainers.containers.ContainerLaunchException;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.startupcheck.IsRunningStartupCheckStrategy;
import org.testcontainers.containers.wait.strategy.AbstractWaitStrategy;
import org.testcontainers.utility.DockerImageName;

/**
 * Brokers in containers, by Testcontainers, which whoever has Docker adds to the class path; no
 * other class names its types. The engine has to run on this machine, since ports are published on
 * loopback only.
 */
final class Docker {
  private static final String LIBRARY = "org.testcontainers.DockerClientFactory";
  private static final List<String> HERE = List.of("localhost", "127.0.0.1");
  private static final long PAUSE_NANOS = 100_000_000;
  private static final int LOG_CHARACTERS = 2_000;

  private Docker() {}

  /** Why nothing can be started here; empty if it can. */
  static Optional<String> missing() {
    try {
      Class.forName(LIBRARY, false, Docker.class.getClassLoader());
    } catch (ClassNotFoundException e) {
      return Optional.of("Docker is not tried: org.testcontainers:testcontainers is not there");
    }
    return Engine.missing();
  }

  /**
   * Starts one node and waits until it answers.
   *
   * @throws BrokerMissingException if its image cannot be fetched
   * @throws MessagingException BROKER_UNREACHABLE if it does not come up, with the end of its log
   */
  static LiveBroker start(BrokerOptions options) {
    String other = System.getenv(options.kind().imageVariable());
    return start(options, other == null || other.isBlank() ? usual(options) : other);
  }

  /** The same with an image of that name. */
  static LiveBroker start(BrokerOptions options, String image) {
    return Engine.start(options, Image.of(options.kind(), image));
  }

  private static String usual(BrokerOptions options) {
    return switch (options.kind()) {
      case RABBITMQ -> options.oldest() ? "rabbitmq:3.10" : "rabbitmq:4.3";
      case KAFKA -> "apache/kafka:4.3.1";
      case NATS -> options.oldest() ? "nats:2.9" : "nats:2.15";
    };
  }

  /** What is run, and how it is found to be there. */
  private record Image(String name, int port, String scheme, Look look, List<String> command) {

    /** Asks at a port; anything but an answer is an error. */
    interface Look {
      void at(int port) throws IOException;
    }

    static Image of(BrokerKind kind, String name) {
      return switch (kind) {
        case RABBITMQ -> new Image(name, 5672, "amqp://guest:guest@", Wire::amqp, List.of());
        case KAFKA -> new Image(name, 9092, "", Wire::kafka, List.of());
        case NATS -> new Image(name, 4222, "nats://", Wire::nats, List.of("-js"));
      };
    }
  }

  /** Loaded only where Testcontainers is there. */
  private static final class Engine {

    static Optional<String> missing() {
      DockerClientFactory factory = DockerClientFactory.instance();
      if (!factory.isDockerAvailable()) {
        return Optional.of("Docker does not answer");
      }
      String host = factory.dockerHostIpAddress();
      return HERE.contains(host)
          ? Optional.empty()
          : Optional.of("Docker runs on " + host + ", and containers are reached on loopback only");
    }

    // Closed by the broker that is given out, or here if it does not come up.
    @SuppressWarnings("resource")
    static LiveBroker start(BrokerOptions options, Image image) {
      DockerImageName name = DockerImageName.parse(image.name());
      int port = Ports.get().take();
      GenericContainer<?> container = new GenericContainer<>(name);
      container.setPortBindings(List.of("127.0.0.1:" + port + ":" + image.port()));
      container.setStartupCheckStrategy(new IsRunningStartupCheckStrategy());
      container.setWaitStrategy(new Nothing());
      container.setEnv(environment(options, port));
      if (!image.command().isEmpty()) {
        container.setCommand(image.command().toArray(String[]::new));
      }
      AtomicBoolean ended = new AtomicBoolean();
      Runnable end =
          () -> {
            if (ended.compareAndSet(false, true)) {
              container.stop();
              Ports.get().giveBack(port);
            }
          };
      boolean up = false;
      try {
        container.start();
        await(container, image, port, System.nanoTime() + options.startTimeout().toNanos());
        up = true;
      } catch (ContainerLaunchException e) {
        throw unfetched(e) ? missing(options, image, e) : down(container, image, root(e), e);
      } catch (ContainerFetchException e) {
        throw missing(options, image, e);
      } finally {
        if (!up) {
          end.run();
        }
      }
      String url = image.scheme() + "127.0.0.1:" + port;
      return NamedBroker.inDocker(options.kind(), name.getVersionPart(), url, end);
    }

    private static boolean unfetched(Throwable failure) {
      return Stream.iterate(failure, Objects::nonNull, Throwable::getCause)
          .anyMatch(ContainerFetchException.class::isInstance);
    }

    private static BrokerMissingException missing(
        BrokerOptions options, Image image, Exception cause) {
      return new BrokerMissingException(
          "Docker cannot fetch "
              + image.name()
              + ": "
              + root(cause)
              + ". Set "
              + options.kind().imageVariable()
              + " to an image that it can fetch",
          cause);
    }

    private static MessagingException down(
        GenericContainer<?> container, Image image, String why, Exception cause) {
      String log = container.getContainerId() == null ? "" : container.getLogs();
      return new MessagingException(
          ErrorCode.BROKER_UNREACHABLE,
          "The container of "
              + image.name()
              + " does not answer: "
              + why
              + ". The end of its log:\n"
              + log.substring(Math.max(0, log.length() - LOG_CHARACTERS))
              + "\n",
          cause);
    }

    private static String root(Throwable failure) {
      Throwable last = failure;
      while (last.getCause() != null) {
        last = last.getCause();
      }
      return String.valueOf(last.getMessage()).strip();
    }

    private static List<String> environment(BrokerOptions options, int port) {
      if (options.kind() != BrokerKind.KAFKA) {
        return List.of();
      }
      return KafkaRecipe.inContainer(port).entrySet().stream()
          .map(line -> "KAFKA_" + variable(line.getKey()) + "=" + line.getValue())
          .toList();
    }

    private static String variable(String property) {
      return property.toUpperCase(Locale.ROOT).replace('.', '_');
    }

    private static void await(GenericContainer<?> container, Image image, int port, long end) {
      while (true) {
        try {
          image.look().at(port);
          return;
        } catch (IOException e) {
          if (!container.isRunning() || System.nanoTime() - end > 0) {
            throw down(container, image, String.valueOf(e.getMessage()), e);
          }
        }
        LockSupport.parkNanos(PAUSE_NANOS);
      }
    }

    /** The usual ones look for a shell in the container. */
    private static final class Nothing extends AbstractWaitStrategy {
      @Override
      protected void waitUntilReady() {}
    }
  }
}
