import { type CountersSettings, runCounters } from './counters.ts';
import { type ExporterSettings, runExporter } from './exporter.ts';
import { runScraper, type ScraperSettings } from './scraper.ts';

/** A process that `npm run bench` starts: `child.js ROLE SETTINGS`, the settings as JSON; results go over IPC. */

const [, , role, settings = '{}'] = process.argv;
try {
  if (role === 'exporter') runExporter(JSON.parse(settings) as ExporterSettings);
  else if (role === 'counters') runCounters(JSON.parse(settings) as CountersSettings);
  else await runScraper(JSON.parse(settings) as ScraperSettings);
} catch (error) {
  process.stderr.write(`${role}: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
