import { type GrpcObject, loadPackageDefinition, type ServiceClientConstructor } from '@grpc/grpc-js';
import { fromJSON } from '@grpc/proto-loader';

type Fields = Record<string, string>;

/** `name: 'id type'`, with `repeated` or `map` before the type. */
function message(fields: Fields, nested: Record<string, unknown> = {}) {
  const described = Object.entries(fields).map(([name, text]) => {
    const [id, ...words] = text.split(' ');
    const type = words.at(-1);
    if (words[0] === 'map') return [name, { id: Number(id), keyType: 'string', type }];
    return [name, { id: Number(id), type, ...(words[0] === 'repeated' ? { rule: 'repeated' } : {}) }];
  });
  return { fields: Object.fromEntries(described), nested };
}

const call = (request: Fields, response: Fields) => ({
  nested: { Request: message(request), Response: message(response) },
});
const diagnostics = (id: number) => ({ diagnostics: `${id} repeated Diagnostic` });
const validated = call({ type_name: '1 string', config: '2 DynamicValue' }, diagnostics(1));

const calls = {
  GetProviderSchema: call(
    {},
    {
      ...{ provider: '1 Schema', resource_schemas: '2 map Schema', data_source_schemas: '3 map Schema' },
      ...{ ...diagnostics(4), server_capabilities: '6 ServerCapabilities' },
    },
  ),
  ValidateProviderConfig: call({ config: '1 DynamicValue' }, diagnostics(2)),
  ValidateResourceConfig: validated,
  ValidateDataResourceConfig: validated,
  UpgradeResourceState: call(
    { type_name: '1 string', version: '2 int64', raw_state: '3 RawState' },
    { upgraded_state: '1 DynamicValue', ...diagnostics(2) },
  ),
  ConfigureProvider: call({ terraform_version: '1 string', config: '2 DynamicValue' }, diagnostics(1)),
  ReadResource: call(
    { type_name: '1 string', current_state: '2 DynamicValue' },
    { new_state: '1 DynamicValue', ...diagnostics(2) },
  ),
  PlanResourceChange: call(
    {
      ...{ type_name: '1 string', prior_state: '2 DynamicValue', proposed_new_state: '3 DynamicValue' },
      config: '4 DynamicValue',
    },
    { planned_state: '1 DynamicValue', requires_replace: '2 repeated AttributePath', ...diagnostics(4) },
  ),
  ApplyResourceChange: call(
    { type_name: '1 string', prior_state: '2 DynamicValue', planned_state: '3 DynamicValue', config: '4 DynamicValue' },
    { new_state: '1 DynamicValue', ...diagnostics(3) },
  ),
  ImportResourceState: call(
    { type_name: '1 string', id: '2 string' },
    { imported_resources: '1 repeated ImportedResource', ...diagnostics(2) },
  ),
  ReadDataSource: call(
    { type_name: '1 string', config: '2 DynamicValue' },
    { state: '1 DynamicValue', ...diagnostics(2) },
  ),
  StopProvider: call({}, { Error: '1 string' }),
};

const messages = {
  DynamicValue: message({ msgpack: '1 bytes', json: '2 bytes' }),
  Diagnostic: message({ severity: '1 int32', summary: '2 string', detail: '3 string', attribute: '4 AttributePath' }),
  AttributePath: message({ steps: '1 repeated Step' }, { Step: message({ attribute_name: '1 string' }) }),
  RawState: message({ json: '1 bytes' }),
  Schema: message(
    { version: '1 int64', block: '2 Block' },
    {
      Block: message({ version: '1 int64', attributes: '2 repeated Attribute' }),
      Attribute: message({
        ...{ name: '1 string', type: '2 bytes', required: '4 bool', optional: '5 bool', computed: '6 bool' },
        sensitive: '7 bool',
      }),
    },
  ),
  ServerCapabilities: message({ plan_destroy: '1 bool', get_provider_schema_optional: '2 bool' }),
  ImportedResource: message({ type_name: '1 string', state: '2 DynamicValue', private: '3 bytes' }),
};

function serviceOf(names: readonly string[]) {
  const methods = names.map((name) => [name, { requestType: `${name}.Request`, responseType: `${name}.Response` }]);
  return { methods: Object.fromEntries(methods) };
}

/**
 * What of Terraform's plugin protocol 6 a provider of resources and data sources needs, by the field numbers of
 * docs/plugin-protocol in Terraform's repository, and the call by which go-plugin ends a plugin.
 */
const described = {
  nested: {
    tfplugin6: { nested: { ...messages, ...calls, Provider: serviceOf(Object.keys(calls)) } },
    plugin: {
      nested: {
        Empty: message({}),
        GRPCController: { methods: { Shutdown: { requestType: 'Empty', responseType: 'Empty' } } },
      },
    },
  },
};

// Its type asks for more than it reads, such as a comment for each call.
const definition = fromJSON(described as unknown as Parameters<typeof fromJSON>[0], { keepCase: true, longs: Number });

function service(...path: [string, string]) {
  const found = (loadPackageDefinition(definition)[path[0]] as GrpcObject)[path[1]] as ServiceClientConstructor;
  return found.service;
}

export const providerService = service('tfplugin6', 'Provider');
export const controllerService = service('plugin', 'GRPCController');
