// `@grpc/reflection` over what proto-loader makes of the protos: files merged by package, without
// imports, with relative names. Prints its port and serves until killed.
// Usage: node reflection_server.js NODE_MODULES PROTO_ROOT FILE…
"use strict";
const path = require("path");
const [, , modules, protos, ...files] = process.argv;
const grpc = require(path.join(modules, "@grpc/grpc-js"));
const loader = require(path.join(modules, "@grpc/proto-loader"));
const { ReflectionService } = require(path.join(modules, "@grpc/reflection"));

const definition = loader.loadSync(files, { includeDirs: [protos], keepCase: true });
const server = new grpc.Server();
new ReflectionService(definition).addToServer(server);
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  console.log(port);
});
