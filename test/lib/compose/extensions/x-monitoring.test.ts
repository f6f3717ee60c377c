import { expect, it } from 'vitest';
import { readCollectsEmf } from '../../../../lib/compose/extensions/x-monitoring.ts';
import { parseComposeFiles } from '../../../../lib/compose/file/compose-file.ts';

/** What ECS Compose-X 1.1.9 did with each, measured. */
const cases = [
  { written: 'CWAgentCollectEmf: true', collectsEmf: true },
  { written: 'CWAgentCollectEmf: 1', collectsEmf: true },
  { written: 'CWAgentCollectEmf: "false"', collectsEmf: true },
  { written: 'CWAgentCollectEmf: [1]', collectsEmf: true },
  { written: 'CWAgentCollectEmf: {UseLatest: true}', collectsEmf: true },
  { written: 'CWAgentCollectEmf: {InterpolateWithDigest: false}', collectsEmf: true },
  { written: 'CWAgentCollectEmf: {OverrideImage: ""}', collectsEmf: true },
  { written: 'CWAgentCollectEmf: {OverrideImage: "example/agent:1"}', collectsEmf: true, image: 'example/agent:1' },
  { written: 'CWAgentCollectEmf: "${EMF:-}"', collectsEmf: false },
  { written: 'CWAgentCollectEmf: "${EMF:-yes}"', collectsEmf: true },
  { written: 'CWAgentCollectEmf: false', collectsEmf: false },
  { written: 'CWAgentCollectEmf: 0', collectsEmf: false },
  { written: 'CWAgentCollectEmf: ""', collectsEmf: false },
  { written: 'CWAgentCollectEmf:', collectsEmf: false },
  { written: 'CWAgentCollectEmf: {}', collectsEmf: false },
  { written: 'CWAgentCollectEmf: []', collectsEmf: false },
  { written: 'CWAgentCollectEmf: !reset true', collectsEmf: false },
  { written: 'CollectEmf: {CloudwatchAgent: {UseLatest: true}}', collectsEmf: false },
];

it.each(cases)('understands $written as Compose-X does', ({ written, collectsEmf, image }) => {
  const text = `services:\n  app:\n    x-monitoring:\n      ${written}\n`;
  const { services, reader } = parseComposeFiles([{ file: 'compose.yaml', text }], { variables: {}, problems: [] });
  expect(readCollectsEmf(services.get('app')!, reader)).toEqual({ collectsEmf, image });
});
