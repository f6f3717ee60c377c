const MAX_FAILURES = 20;

/** The report of a discovery as it is logged: the first failures, and how many more there are. */
export function summariseDiscovery<Report extends { readonly failures: readonly unknown[] }>(report: Report) {
  const { failures } = report;
  return {
    ...report,
    failures: failures.slice(0, MAX_FAILURES),
    moreFailures: Math.max(0, failures.length - MAX_FAILURES),
  };
}
