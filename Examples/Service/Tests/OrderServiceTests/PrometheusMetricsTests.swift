import Metrics
import OrderService
import Testing

@Suite("Prometheus text")
struct PrometheusMetricsTests {
    @Test("Counters and meters are written with their labels, sorted, each family once")
    func text() {
        let metrics = PrometheusMetrics()
        Counter(label: "requests_total", dimensions: [("status", "200")], factory: metrics).increment(by: 2)
        Counter(label: "requests_total", dimensions: [("status", "200")], factory: metrics).increment()
        Counter(label: "requests_total", dimensions: [("status", "429")], factory: metrics).increment()
        Meter(label: "queue.depth", factory: metrics).set(7)
        Timer(label: "wait", factory: metrics).recordMilliseconds(500)
        #expect(
            metrics.text == """
                # TYPE queue_depth gauge
                queue_depth 7.0
                # TYPE requests_total counter
                requests_total{status="200"} 3.0
                requests_total{status="429"} 1.0
                # TYPE wait summary
                wait_sum 0.5
                wait_count 1

                """
        )
    }

    @Test("Values of labels are escaped, and a metric that is taken back is gone")
    func escaping() {
        let metrics = PrometheusMetrics()
        let meter = Meter(label: "depth", dimensions: [("name", "a \"b\"\\\n")], factory: metrics)
        meter.set(1)
        #expect(metrics.text == "# TYPE depth gauge\ndepth{name=\"a \\\"b\\\"\\\\\\n\"} 1.0\n")
        meter.destroy()
        #expect(metrics.text == "\n")
    }
}
