package dev.missive.examples.customadapter;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * The file: records behind one another, each with its length and checksum, only ever appended. A
 * writer that dies half-way leaves a tail that is not valid; the next one cuts it off. Guarded by
 * the store's lock.
 */
final class JournalFile implements AutoCloseable {
  private static final int HEADER = 8;
  private static final int LONGEST = 64 * 1024 * 1024;

  private final Path path;
  private final FileChannel channel;
  private final @Nullable Object identity;
  private final ByteArrayOutputStream unwritten = new ByteArrayOutputStream();
  private long end;

  /** Gets records in order. */
  interface Reader {
    void record(long at, JournalRecord record) throws IOException;
  }

  JournalFile(Path path) throws IOException {
    this.path = path;
    this.channel =
        FileChannel.open(
            path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    this.identity = identity();
  }

  /** Whether the path still leads to this file and not to another one that took its place. */
  boolean current() throws IOException {
    return Objects.equals(identity, identity());
  }

  private @Nullable Object identity() throws IOException {
    return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
  }

  /** Keeps other processes out, far behind the end so that they can read; null if one has it. */
  @Nullable FileLock tryLock() throws IOException {
    return channel.tryLock(Long.MAX_VALUE - 1, 1, false);
  }

  /** Up to where it was read. */
  long end() {
    return end;
  }

  /** Reads what is new. */
  void readNew(Reader reader) throws IOException {
    end = scan(end, channel.size(), reader);
  }

  /** Cuts off what a writer left that died; only for who has the lock and has read everything. */
  void repair() throws IOException {
    if (channel.size() > end) {
      channel.truncate(end);
    }
  }

  /** Reads the records of a range, up to the first that is not valid; gives where that is. */
  long scan(long from, long to, Reader reader) throws IOException {
    long at = from;
    for (byte[] record = read(at, to); record != null; record = read(at, to)) {
      reader.record(at, decode(record));
      at += HEADER + record.length;
    }
    return at;
  }

  JournalRecord record(long at) throws IOException {
    byte[] record = read(at, channel.size());
    if (record == null) {
      throw new EOFException("the journal has no record at " + at);
    }
    return decode(record);
  }

  /** Keeps a record for the next {@link #write}; gives its place. */
  long append(JournalRecord record) throws IOException {
    long at = end + unwritten.size();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    record.write(new DataOutputStream(bytes));
    byte[] content = bytes.toByteArray();
    DataOutputStream frame = new DataOutputStream(unwritten);
    frame.writeInt(content.length);
    frame.writeInt(checksum(content));
    frame.write(content);
    return at;
  }

  void write() throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(unwritten.toByteArray());
    unwritten.reset();
    for (long at = end; bytes.hasRemaining(); ) {
      at += channel.write(bytes, at);
    }
  }

  /** Forgets what was appended and not written. */
  void discard() {
    unwritten.reset();
  }

  /** Returns once a loss of power cannot undo what was written. */
  void force() throws IOException {
    channel.force(false);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }

  private byte @Nullable [] read(long at, long size) throws IOException {
    if (size - at < HEADER) {
      return null;
    }
    ByteBuffer header = fill(ByteBuffer.allocate(HEADER), at);
    int length = header.getInt();
    if (length <= 0 || length > LONGEST || size - at - HEADER < length) {
      return null;
    }
    byte[] content = fill(ByteBuffer.allocate(length), at + HEADER).array();
    return checksum(content) == header.getInt() ? content : null;
  }

  private ByteBuffer fill(ByteBuffer buffer, long at) throws IOException {
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, at + buffer.position()) < 0) {
        throw new EOFException("the journal became shorter while it was read");
      }
    }
    return buffer.flip();
  }

  private static JournalRecord decode(byte[] content) throws IOException {
    return JournalRecord.read(new DataInputStream(new ByteArrayInputStream(content)));
  }

  private static int checksum(byte[] content) {
    CRC32 sum = new CRC32();
    sum.update(content);
    return (int) sum.getValue();
  }
}
