package dev.missive.testkit.launcher;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Where a broker is set up. Confined to the thread that starts it.
 *
 * @param home the broker's files
 * @param folder for its data
 * @param options what was asked for
 * @param facades the ports that clients are told, one for each node; empty without proxies
 * @param tls the certificates; null without TLS
 * @param ports what was taken so far
 */
record Site(
    BrokerHome home,
    Path folder,
    BrokerOptions options,
    List<Integer> facades,
    @Nullable TlsFiles tls,
    List<Integer> ports) {

  Site(
      BrokerHome home,
      Path folder,
      BrokerOptions options,
      List<Integer> facades,
      @Nullable TlsFiles tls) {
    this(home, folder, options, facades, tls, new ArrayList<>());
  }

  int port() {
    int port = Ports.get().take();
    ports.add(port);
    return port;
  }

  List<Integer> ports(int count) {
    List<Integer> some = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      some.add(port());
    }
    return some;
  }

  /** What clients of the node are told: its own port, or that of the proxy before it. */
  int facade(int index, int port) {
    return facades.isEmpty() ? port : facades.get(index);
  }

  Path node(String name) throws IOException {
    return Files.createDirectories(folder.resolve(name));
  }

  /** Our lines with those of the options over them. */
  String lines(Map<String, String> ours, String between) {
    Map<String, String> all = new LinkedHashMap<>(ours);
    all.putAll(options.config());
    return all.entrySet().stream()
        .map(line -> line.getKey() + between + line.getValue() + "\n")
        .collect(Collectors.joining());
  }

  /** A script that comes with this package, as a file that can be executed. */
  Path script(String name) {
    return script(folder, name);
  }

  static Path script(Path folder, String name) {
    Path file = folder.resolve(name);
    try (InputStream source = Site.class.getResourceAsStream(name)) {
      if (source == null) {
        throw new IllegalStateException("The testkit has lost its file " + name);
      }
      if (!Files.exists(file)) {
        Files.write(file, source.readAllBytes());
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
      }
      return file;
    } catch (IOException e) {
      throw BrokerHome.unusable(e);
    }
  }
}
