export type Region = { readonly region?: string };

/** One client a region, made when it is first needed; no region: as the AWS SDK finds it. */
export function perRegion<Client>(create: (region: Region) => Client): (region: string | undefined) => Client {
  const clients = new Map<string | undefined, Client>();
  return (region) => {
    const client = clients.get(region) ?? create(region === undefined ? {} : { region });
    clients.set(region, client);
    return client;
  };
}
