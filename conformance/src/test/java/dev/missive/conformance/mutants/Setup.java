package dev.missive.conformance.mutants;

import dev.missive.Capability;
import dev.missive.conformance.MemoryUnderTest;
import dev.missive.testkit.MemoryBroker;
import dev.missive.testkit.VirtualTime;
import dev.missive.testkit.contract.BrokerUnderTest;
import dev.missive.testkit.contract.Control;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** What the in-memory broker must be given before a clause can be tested on it at all. */
enum Setup {
  /** Nothing. */
  PLAIN {
    @Override
    BrokerUnderTest prepare(BrokerUnderTest broker, MemoryUnderTest memory, VirtualTime time) {
      return broker;
    }
  },

  /** No capability, so that all of them are refused. */
  NOTHING_CAN_BE_DONE {
    @Override
    BrokerUnderTest prepare(BrokerUnderTest broker, MemoryUnderTest memory, VirtualTime time) {
      return broker.setting(
          "memory.without",
          Arrays.stream(Capability.values()).map(Enum::name).collect(Collectors.joining(",")));
    }
  },

  /** A network that can go silent, and a heartbeat that finds out. */
  NETWORK {
    @Override
    BrokerUnderTest prepare(BrokerUnderTest broker, MemoryUnderTest memory, VirtualTime time) {
      return broker.control(new Network(memory.memory(), time));
    }
  },

  /** A majority that can be lost: until it is back every message is refused. */
  CLUSTER {
    @Override
    BrokerUnderTest prepare(BrokerUnderTest broker, MemoryUnderTest memory, VirtualTime time) {
      return broker.control(new Cluster(memory.memory()));
    }
  };

  abstract BrokerUnderTest prepare(
      BrokerUnderTest broker, MemoryUnderTest memory, VirtualTime time);

  private record Network(MemoryBroker memory, VirtualTime time) implements Control.Blackhole {
    private static final Duration HEARTBEAT = Duration.ofSeconds(3);

    @Override
    public void swallow() {
      memory.hang();
      time.schedule(
          HEARTBEAT,
          () -> {
            memory.down();
            memory.unhang();
          });
    }

    @Override
    public void pass() {
      memory.unhang();
      memory.up();
    }

    @Override
    public void mend() {
      pass();
    }
  }

  private record Cluster(MemoryBroker memory) implements Control.Quorum {
    @Override
    public List<Long> lose() {
      memory.rejectNext(Integer.MAX_VALUE);
      return List.of();
    }

    @Override
    public void restore() {
      memory.rejectNext(0);
    }

    @Override
    public void mend() {
      restore();
    }
  }
}
