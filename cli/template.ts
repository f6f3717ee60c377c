import { ENGINES } from '../lib/render.ts';
import { renderSharedTemplate, SHARED_TEMPLATES } from '../lib/render-artifacts.ts';
import { type Command, choose, parseOptions, UsageError } from './usage.ts';

const HELP = `Usage: prom-emf template cluster|monitoring-account [OPTIONS]

Prints a CloudFormation template that belongs to no family (render writes those of families):
cluster             saved Logs Insights queries over all families; with parameters, the link that shares metrics with a
                    monitoring account, and the archive of EMF documents with an Athena table over it
monitoring-account  the sink that such links point to, for the account that watches others

  --cluster NAME    the ECS cluster (default: default)
  --ssm PREFIX      where the documents of the stack are, /prom-emf/STAGE (default: /prom-emf/dev)
  --engine lambda   who writes the EMF documents: lambda or agent

Examples:
  prom-emf template cluster --cluster prod --ssm /prom-emf/prod > cluster.json
  prom-emf template monitoring-account > monitoring.json

Exit status: 0; 2 usage error.
`;

export const template: Command = {
  name: 'template',
  summary: 'print the CloudFormation template of a cluster or a monitoring account',
  help: HELP,
  run: async (args) => {
    const { values, positionals } = parseOptions('template', args, {
      cluster: { type: 'string', default: 'default' },
      ssm: { type: 'string', default: '/prom-emf/dev' },
      engine: { type: 'string', default: 'lambda' },
    });
    const kind = SHARED_TEMPLATES.find((name) => name === positionals[0]);
    if (kind === undefined || positionals.length > 1)
      throw new UsageError(
        `template: expected one of ${SHARED_TEMPLATES.join(', ')}, found ${positionals.join(' ') || 'nothing'}`,
      );
    const { cluster, ssm: documentsPrefix } = values;
    process.stdout.write(
      renderSharedTemplate(kind, { cluster, documentsPrefix, engine: choose('--engine', values.engine, ENGINES) }),
    );
    return 0;
  },
};
