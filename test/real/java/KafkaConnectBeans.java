import java.lang.management.ManagementFactory;
import java.util.Map;
import java.util.function.DoubleSupplier;
import javax.management.Attribute;
import javax.management.AttributeList;
import javax.management.AttributeNotFoundException;
import javax.management.DynamicMBean;
import javax.management.MBeanAttributeInfo;
import javax.management.MBeanInfo;
import javax.management.ObjectName;

/**
 * Registers the MBeans of a Kafka Connect worker, reduced to the article's attributes, and runs until it is ended.
 * Values move with time; those of the idle connector stand still, its averages are NaN as Kafka's are.
 */
public final class KafkaConnectBeans {
  private static final long STARTED = System.nanoTime();

  public static void main(String[] args) throws Exception {
    connector("sink.orders.v1", 2, 0);
    sinkTask("sink.orders.v1", 0, 50);
    sinkTask("sink.orders.v1", 1, 20);
    connector("sink.audit.v1", 1, 1);
    idleSinkTask("sink.audit.v1", 0);
    connector("source.ledger.v1", 1, 0);
    task("source.ledger.v1", 0, () -> 100 + ticks() % 50, () -> 200);
    System.out.println("beans registered");
    Thread.currentThread().join();
  }

  /** Tenths of a second since the start. */
  private static double ticks() {
    return Math.floor((System.nanoTime() - STARTED) / 1e8);
  }

  private static void connector(String name, int tasks, int failed) throws Exception {
    register(
        "type=connect-worker-metrics,connector=" + name,
        Map.of(
            "connector-total-task-count", () -> tasks,
            "connector-running-task-count", () -> tasks - failed,
            "connector-failed-task-count", () -> failed,
            "connector-paused-task-count", () -> 0,
            "connector-unassigned-task-count", () -> 0));
  }

  private static void sinkTask(String connector, int task, double perTick) throws Exception {
    task(connector, task, () -> perTick + ticks() % 10, () -> perTick + 10);
    register(
        "type=sink-task-metrics,connector=" + connector + ",task=" + task,
        Map.of(
            "offset-commit-completion-rate", () -> perTick / 100 + ticks() % 10 / 1000,
            "offset-commit-completion-total", KafkaConnectBeans::ticks));
  }

  private static void idleSinkTask(String connector, int task) throws Exception {
    task(connector, task, () -> Double.NaN, () -> Double.NaN);
    register(
        "type=sink-task-metrics,connector=" + connector + ",task=" + task,
        Map.of("offset-commit-completion-rate", () -> 0, "offset-commit-completion-total", () -> 0));
  }

  private static void task(String connector, int task, DoubleSupplier average, DoubleSupplier maximum)
      throws Exception {
    register(
        "type=connector-task-metrics,connector=" + connector + ",task=" + task,
        Map.of("batch-size-avg", average, "batch-size-max", maximum));
  }

  private static void register(String properties, Map<String, DoubleSupplier> attributes) throws Exception {
    ManagementFactory.getPlatformMBeanServer()
        .registerMBean(new GaugeBean(attributes), new ObjectName("kafka.connect:" + properties));
  }

  /** Attribute names contain hyphens, which no method name can: hence a dynamic MBean. */
  private record GaugeBean(Map<String, DoubleSupplier> attributes) implements DynamicMBean {
    @Override
    public Object getAttribute(String name) throws AttributeNotFoundException {
      DoubleSupplier value = attributes.get(name);
      if (value == null) throw new AttributeNotFoundException(name);
      return value.getAsDouble();
    }

    @Override
    public AttributeList getAttributes(String[] names) {
      AttributeList list = new AttributeList();
      for (String name : names) {
        DoubleSupplier value = attributes.get(name);
        if (value != null) list.add(new Attribute(name, value.getAsDouble()));
      }
      return list;
    }

    @Override
    public MBeanInfo getMBeanInfo() {
      MBeanAttributeInfo[] infos =
          attributes.keySet().stream()
              .map(name -> new MBeanAttributeInfo(name, "double", name, true, false, false))
              .toArray(MBeanAttributeInfo[]::new);
      return new MBeanInfo(GaugeBean.class.getName(), "Gauges of Kafka Connect", infos, null, null, null);
    }

    @Override
    public void setAttribute(Attribute attribute) throws AttributeNotFoundException {
      throw new AttributeNotFoundException(attribute.getName() + " is read-only");
    }

    @Override
    public AttributeList setAttributes(AttributeList attributes) {
      return new AttributeList();
    }

    @Override
    public Object invoke(String name, Object[] parameters, String[] signature) {
      throw new UnsupportedOperationException(name);
    }
  }
}
