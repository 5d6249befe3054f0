// What k6 runs: unary calls, or one stream of records. Prints the rate by its own clock as one line of JSON.
import { Client, StatusOK, Stream } from 'k6/net/grpc';

const { WHAT, TARGET, COUNT, FLOWS } = __ENV;
const RECORD = JSON.parse(open('./record.json'));
const client = new Client();
client.load(['..'], 'bench.proto');

export const options = {
  vus: Number(FLOWS),
  iterations: WHAT === 'records' ? 1 : Number(COUNT),
};

let connected = false;

export default function () {
  if (!connected) {
    client.connect(TARGET, { plaintext: true });
    connected = true;
  }
  if (WHAT !== 'records') {
    const response = client.invoke('bench.v1.Bench/Echo', RECORD);
    if (response.status !== StatusOK) throw new Error(`status ${response.status}`);
    return;
  }
  const begin = Date.now();
  let seen = 0;
  const stream = new Stream(client, 'bench.v1.Bench/Watch');
  stream.on('data', () => { seen += 1; });
  stream.on('end', () => {
    console.log(`seen ${seen} in ${(Date.now() - begin) / 1000}`);
    client.close();
  });
  stream.write({ count: Number(COUNT) });
  stream.end();
}

export function handleSummary(data) {
  return { stdout: JSON.stringify({ rate: data.metrics.iterations.values.rate }) };
}
