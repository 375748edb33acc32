package dev.missive.testkit.launcher;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import dev.missive.testkit.proxy.TcpProxy;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Pattern;

/** A broker that consists of processes of this JVM. */
final class ProcessBroker implements LiveBroker {
  private static final int TRIES = 3;
  private static final Pattern TAKEN = Pattern.compile("(?i)address already in use|eaddrinuse");

  private final Recipe recipe;
  private final BrokerHome home;
  private final Site site;
  private final List<BrokerNode> nodes;
  private final AtomicBoolean closed = new AtomicBoolean();

  private ProcessBroker(Recipe recipe, BrokerHome home, Site site, List<BrokerNode> nodes) {
    this.recipe = recipe;
    this.home = home;
    this.site = site;
    this.nodes = List.copyOf(nodes);
  }

  static ProcessBroker start(BrokerOptions options) {
    BrokerHome home = BrokerHome.of(options);
    for (int i = 1; ; i++) {
      ProcessBroker broker = prepare(options, home);
      try {
        broker.startAll();
        return broker;
      } catch (RuntimeException e) {
        broker.close();
        // Somebody who does not know our lock file was faster.
        if (i == TRIES || !TAKEN.matcher(String.valueOf(e.getMessage())).find()) {
          throw e;
        }
      }
    }
  }

  private static ProcessBroker prepare(BrokerOptions options, BrokerHome home) {
    Recipe recipe = Recipe.of(options.kind());
    try {
      Path folder = RunFolder.get().fresh(options.kind().id());
      List<Integer> facades = new ArrayList<>();
      for (int i = 0; options.proxied() && i < options.nodes(); i++) {
        facades.add(Ports.get().take());
      }
      String name = options.security().tlsName();
      TlsFiles tls = name == null ? null : TlsFiles.make(folder.resolve("tls"), name);
      Site site = new Site(home, folder, options, facades, tls);
      List<BrokerNode> nodes = new ArrayList<>();
      List<NodePlan> plans = recipe.plan(site);
      for (int i = 0; i < plans.size(); i++) {
        NodePlan plan = plans.get(i);
        TcpProxy proxy = facades.isEmpty() ? null : proxy(facades.get(i), plan.port());
        String url = recipe.url(List.of(plan.port()), options.security());
        nodes.add(new BrokerNode(plan, options.startTimeout(), url, proxy));
      }
      return new ProcessBroker(recipe, home, site, nodes);
    } catch (IOException e) {
      throw BrokerHome.unusable(e);
    }
  }

  private static TcpProxy proxy(int facade, int port) throws IOException {
    return TcpProxy.open(facade, new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
  }

  private void startAll() {
    nodes.forEach(BrokerNode::startOnly);
    nodes.forEach(BrokerNode::awaitReady);
    awaitReady();
  }

  @Override
  public BrokerKind kind() {
    return site.options().kind();
  }

  @Override
  public BrokerOrigin origin() {
    return BrokerOrigin.PROCESS;
  }

  @Override
  public String version() {
    return home.version();
  }

  @Override
  public String url() {
    return site.facades().isEmpty()
        ? directUrl()
        : recipe.url(site.facades(), site.options().security());
  }

  @Override
  public String directUrl() {
    return recipe.url(nodes.stream().map(BrokerNode::port).toList(), site.options().security());
  }

  @Override
  public List<BrokerNode> nodes() {
    return nodes;
  }

  @Override
  public BrokerNode node() {
    return nodes.get(0);
  }

  @Override
  public Optional<TlsFiles> tls() {
    return Optional.ofNullable(site.tls());
  }

  @Override
  public void awaitReady() {
    nodes.stream().filter(BrokerNode::running).forEach(BrokerNode::awaitWhole);
  }

  @Override
  public List<Long> restart() {
    if (closed.get()) {
      throw new MessagingException(ErrorCode.CLOSED, this + " was closed");
    }
    List<Long> killed = nodes.stream().map(BrokerNode::kill).toList();
    startAll();
    return killed;
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      nodes.forEach(BrokerNode::close);
      RunFolder.delete(site.folder());
      site.ports().forEach(Ports.get()::giveBack);
      site.facades().forEach(Ports.get()::giveBack);
    }
  }

  @Override
  public String toString() {
    return kind().id() + " " + version() + " " + nodes;
  }
}
