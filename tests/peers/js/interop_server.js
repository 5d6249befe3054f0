// `grpc.testing.TestService` on grpc-js, for the interop cases. Prints its port and serves until killed.
// Usage: node interop_server.js NODE_MODULES PROTO_ROOT [CERT KEY [CLIENT_CA]]
"use strict";
const fs = require("fs");
const path = require("path");
const [, , modules, protos, cert, key, clientCa] = process.argv;
const grpc = require(path.join(modules, "@grpc/grpc-js"));
const loader = require(path.join(modules, "@grpc/proto-loader"));

const definition = loader.loadSync("src/proto/grpc/testing/test.proto", { includeDirs: [protos], keepCase: true, defaults: true });
const { TestService } = grpc.loadPackageDefinition(definition).grpc.testing;
const payload = (size) => ({ body: Buffer.alloc(size) });

function echo(call) {
  const trailing = new grpc.Metadata();
  const initial = call.metadata.get("x-grpc-test-echo-initial");
  if (initial.length > 0) {
    const head = new grpc.Metadata();
    head.set("x-grpc-test-echo-initial", initial[0]);
    call.sendMetadata(head);
  }
  const bytes = call.metadata.get("x-grpc-test-echo-trailing-bin");
  if (bytes.length > 0) trailing.set("x-grpc-test-echo-trailing-bin", bytes[0]);
  return trailing;
}

const failure = (status, metadata) => ({ code: status.code, details: status.message, metadata });

async function answers(call, request) {
  for (const parameters of request.response_parameters) {
    if (parameters.interval_us) await new Promise((done) => setTimeout(done, parameters.interval_us / 1000));
    call.write({ payload: payload(parameters.size) });
  }
}

const server = new grpc.Server();
server.addService(TestService.service, {
  EmptyCall: (call, done) => done(null, {}),
  UnaryCall(call, done) {
    const trailing = echo(call);
    const { response_status: status, response_size: size } = call.request;
    if (status && status.code) done(failure(status, trailing));
    else done(null, { payload: payload(size) }, trailing);
  },
  async StreamingOutputCall(call) {
    await answers(call, call.request);
    call.end();
  },
  StreamingInputCall(call, done) {
    let size = 0;
    call.on("data", (request) => (size += request.payload.body.length));
    call.on("end", () => done(null, { aggregated_payload_size: size }));
    call.on("error", () => {});
  },
  FullDuplexCall(call) {
    const trailing = echo(call);
    let last = Promise.resolve();
    call.on("data", (request) => {
      const status = request.response_status;
      if (status && status.code) call.emit("error", failure(status, trailing));
      else last = last.then(() => answers(call, request));
    });
    call.on("end", () => last.then(() => call.end(trailing)));
    call.on("error", () => {});
  },
});

const read = (file) => fs.readFileSync(file);
const credentials = cert
  ? grpc.ServerCredentials.createSsl(clientCa ? read(clientCa) : null, [{ cert_chain: read(cert), private_key: read(key) }], Boolean(clientCa))
  : grpc.ServerCredentials.createInsecure();
server.bindAsync("127.0.0.1:0", credentials, (error, port) => {
  if (error) throw error;
  console.log(port);
});
