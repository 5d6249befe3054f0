"""A server on grpcio (the C core) with v1alpha reflection and health, for the smoke run.

Usage: server.py GENERATED_DIR. Prints the port it took, then serves until it is stopped.
"""

import sys
from concurrent import futures

sys.path.insert(0, sys.argv[1])

import grpc
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from grpc_status import rpc_status

import notes_pb2
import notes_pb2_grpc


class Notes(notes_pb2_grpc.NotesServicer):
    def __init__(self):
        self.notes = []

    def _keep(self, note):
        note.number = len(self.notes) + 1
        self.notes.append(note)
        return note

    def Add(self, request, context):
        sent = dict(context.invocation_metadata())
        context.send_initial_metadata((("x-echo", sent.get("x-echo", "")),))
        context.set_trailing_metadata((("x-echo-bin", sent.get("x-echo-bin", b"")),))
        return self._keep(request)

    def Find(self, request, context):
        for note in self.notes:
            if request.words in note.text:
                yield note

    def AddAll(self, request_iterator, context):
        count = 0
        for note in request_iterator:
            self._keep(note)
            count += 1
        return notes_pb2.Summary(count=count)

    def Shout(self, request_iterator, context):
        for note in request_iterator:
            note.text = note.text.upper()
            yield note

    def Fail(self, request, context):
        detail = any_pb2.Any()
        detail.Pack(error_details_pb2.ErrorInfo(reason="ASKED_FOR", domain="peer.test"))
        status = status_pb2.Status(code=request.code, message=request.message, details=[detail])
        context.abort_with_status(rpc_status.to_status(status))


def main():
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
    notes_pb2_grpc.add_NotesServicer_to_server(Notes(), server)
    health_service = health.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(health_service, server)
    health_service.set("", health_pb2.HealthCheckResponse.SERVING)
    names = (
        notes_pb2.DESCRIPTOR.services_by_name["Notes"].full_name,
        health.SERVICE_NAME,
        reflection.SERVICE_NAME,
    )
    reflection.enable_server_reflection(names, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    server.wait_for_termination()


main()
