"""`grpc.testing.TestService` on grpcio, for the interop cases. Prints its port and serves until killed.

Usage: interop_server.py FOLDER_OF_GENERATED_CODE [CERT KEY [CLIENT_CA]]
"""

import sys
import time
from concurrent import futures

sys.path.insert(0, sys.argv[1])

import grpc  # noqa: E402
from src.proto.grpc.testing import empty_pb2, messages_pb2, test_pb2_grpc  # noqa: E402

INITIAL, TRAILING = "x-grpc-test-echo-initial", "x-grpc-test-echo-trailing-bin"


def payload(size):
    return messages_pb2.Payload(body=bytes(size))


class TestService(test_pb2_grpc.TestServiceServicer):
    def echo_metadata(self, context):
        for key, value in context.invocation_metadata():
            if key == INITIAL:
                context.send_initial_metadata([(key, value)])
            elif key == TRAILING:
                context.set_trailing_metadata([(key, value)])

    def ends(self, request, context):
        if request.HasField("response_status") and request.response_status.code:
            context.set_code(grpc.StatusCode(CODES[request.response_status.code]))
            context.set_details(request.response_status.message)
            return True
        return False

    def EmptyCall(self, request, context):
        return empty_pb2.Empty()

    def UnaryCall(self, request, context):
        self.echo_metadata(context)
        if request.HasField("response_compressed") and request.response_compressed.value:
            context.set_compression(grpc.Compression.Gzip)
        else:
            context.disable_next_message_compression()
        self.ends(request, context)
        return messages_pb2.SimpleResponse(payload=payload(request.response_size))

    def responses(self, request, context):
        for parameters in request.response_parameters:
            if parameters.interval_us:
                time.sleep(parameters.interval_us / 1e6)
            if not parameters.compressed.value:
                context.disable_next_message_compression()
            yield messages_pb2.StreamingOutputCallResponse(payload=payload(parameters.size))

    def StreamingOutputCall(self, request, context):
        context.set_compression(grpc.Compression.Gzip)
        yield from self.responses(request, context)

    def StreamingInputCall(self, requests, context):
        return messages_pb2.StreamingInputCallResponse(
            aggregated_payload_size=sum(len(request.payload.body) for request in requests)
        )

    def FullDuplexCall(self, requests, context):
        self.echo_metadata(context)
        for request in requests:
            if self.ends(request, context):
                return
            yield from self.responses(request, context)


CODES = {code.value[0]: code.value for code in grpc.StatusCode}

server = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
test_pb2_grpc.add_TestServiceServicer_to_server(TestService(), server)
if len(sys.argv) > 3:
    read = lambda path: open(path, "rb").read()
    client_ca = read(sys.argv[4]) if len(sys.argv) > 4 else None
    credentials = grpc.ssl_server_credentials([(read(sys.argv[3]), read(sys.argv[2]))], client_ca, client_ca is not None)
    port = server.add_secure_port("127.0.0.1:0", credentials)
else:
    port = server.add_insecure_port("127.0.0.1:0")
server.start()
print(port, flush=True)
server.wait_for_termination()
