"""grpcio with its reflection (v1alpha alone) over generated code, for the reflection part.

Usage: reflection_server.py GENERATED_DIR [REQUIRED_KEY]. Reflection asked without the metadata key is
refused. Prints the port it took, then serves until it is stopped.
"""

import sys
from concurrent import futures

sys.path.insert(0, sys.argv[1])

import grpc
from grpc_reflection.v1alpha import reflection

from acme.v1 import shop_pb2
from legacy import old_pb2


class Gate(grpc.ServerInterceptor):
    def __init__(self, key):
        self.key = key
        self.refuse = grpc.stream_stream_rpc_method_handler(
            lambda _, context: context.abort(grpc.StatusCode.UNAUTHENTICATED, "say who you are")
        )

    def intercept_service(self, proceed, details):
        asked = "ServerReflectionInfo" in details.method
        if asked and self.key not in dict(details.invocation_metadata):
            return self.refuse
        return proceed(details)


def main():
    gates = [Gate(key) for key in sys.argv[2:]]
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=4), interceptors=gates)
    names = [
        shop_pb2.DESCRIPTOR.services_by_name["Shop"].full_name,
        old_pb2.DESCRIPTOR.services_by_name["Old"].full_name,
    ]
    reflection.enable_server_reflection(names + [reflection.SERVICE_NAME], server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    server.wait_for_termination()


main()
