/** What the article's compose file of Kafka Connect selects, by dimension set as namesBySet has it. */
export const articleMetrics = {
  'ClusterName TaskDefinitionFamily connector': ['failed', 'paused', 'running', 'total', 'unassigned'].map(
    (state) => `kafka_connect_connect_worker_metrics_connector_${state}_task_count`,
  ),
  'ClusterName TaskDefinitionFamily connector task': [
    'kafka_connect_connector_task_metrics_batch_size_avg',
    'kafka_connect_connector_task_metrics_batch_size_max',
    'kafka_connect_sink_task_metrics_offset_commit_completion_rate',
    'kafka_connect_sink_task_metrics_offset_commit_completion_total',
  ],
} as const;
