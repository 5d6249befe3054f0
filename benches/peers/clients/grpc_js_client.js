// One measurement of grpc-js with types loaded at run time: grpc_js_client.js NODE_MODULES WHAT PORT COUNT,
// in the words of `bench_client`. Prints one line of JSON, `{"seconds": …, "cpu": …, "bytes": …}`, of the
// measured part alone. Unary calls go from JSON text to JSON text, as ours do; messages of a stream are
// decoded.
'use strict';

const fs = require('fs');
const path = require('path');
const [modules, what, port, countText] = process.argv.slice(2);
const grpc = require(path.join(modules, '@grpc/grpc-js'));
const loader = require(path.join(modules, '@grpc/proto-loader'));

const IN_FLIGHT = 50;
const WARM_UP = 500;
const MIB = 1 << 20;
const RECORD = fs.readFileSync(path.join(__dirname, 'record.json'), 'utf8');

const count = Number(countText);
const definition = loader.loadSync(path.join(__dirname, '..', 'bench.proto'), {
  longs: String,
  enums: String,
  defaults: true,
});
const { Bench } = grpc.loadPackageDefinition(definition).bench.v1;
const client = new Bench(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), {
  'grpc.max_receive_message_length': -1,
});

function echo() {
  return new Promise((resolve, reject) =>
    client.Echo(JSON.parse(RECORD), (error, reply) =>
      error ? reject(error) : resolve(JSON.stringify(reply, null, 2).length)
    )
  );
}

async function calls(number) {
  let bytes = 0;
  for (let i = 0; i < number; i++) bytes += await echo();
  return bytes;
}

function stream(call) {
  return new Promise((resolve, reject) => {
    let bytes = 0;
    let seen = 0;
    call.on('data', (message) => {
      seen += 1;
      if (message.data) bytes += message.data.length;
    });
    call.on('error', reject);
    call.on('end', () => (seen === count ? resolve(bytes) : reject(new Error(`${seen} of ${count}`))));
  });
}

const measurements = {
  unary: () => calls(count),
  parallel: async () => {
    const all = Array.from({ length: IN_FLIGHT }, () => calls(Math.floor(count / IN_FLIGHT)));
    return (await Promise.all(all)).reduce((sum, bytes) => sum + bytes, 0);
  },
  records: () => stream(client.Watch({ count })),
  blobs: () => stream(client.Blobs({ count, size: MIB })),
};

async function main() {
  await calls(what === 'unary' || what === 'parallel' ? WARM_UP : 1);
  const begin = process.hrtime.bigint();
  const before = process.cpuUsage();
  const bytes = await measurements[what]();
  const cpu = process.cpuUsage(before);
  const seconds = Number(process.hrtime.bigint() - begin) / 1e9;
  console.log(JSON.stringify({ seconds, cpu: (cpu.user + cpu.system) / 1e6, bytes }));
  client.close();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
