package dev.missive.testkit.memory;

import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** What can be handed out at once in one group, in its order. Guarded by the server's lock. */
interface MemoryBacklog {
  /** One more, behind those of its priority. */
  void add(MemoryEntry entry);

  /** The next one for this subscription, which has room; null if there is none for it. */
  @Nullable MemoryEntry take(MemorySubscription to);

  /** One that was taken is done. */
  void done(MemoryEntry entry);

  /** One that was taken comes back to its old place. */
  void comeBack(MemoryEntry entry);

  /** Everything is taken out, in no order. */
  Collection<MemoryEntry> clear();

  /** Everything, in no order. */
  Collection<MemoryEntry> contents();
}
