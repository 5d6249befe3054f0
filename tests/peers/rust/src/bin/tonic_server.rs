//! `grpc.testing.TestService` on tonic, for the interop cases. Prints its port and serves until killed.
//! Usage: `tonic_server [CERT KEY [CLIENT_CA]]`.

use std::{env, error::Error, fs, pin::Pin, time::Duration};

use stubless_peers::{
    interop::*,
    interop_service::test_service_server::{TestService, TestServiceServer},
};
use tokio::net::TcpListener;
use tokio_stream::{
    Stream, StreamExt as _,
    wrappers::{ReceiverStream, TcpListenerStream},
};
use tonic::{
    Code, Request, Response, Status, Streaming,
    codec::CompressionEncoding,
    metadata::MetadataMap,
    transport::{Certificate, Identity, Server, ServerTlsConfig},
};

struct Peer;

type Simple = Pin<Box<dyn Stream<Item = Result<SimpleResponse, Status>> + Send>>;
type Outputs = Pin<Box<dyn Stream<Item = Result<StreamingOutputCallResponse, Status>> + Send>>;

const INITIAL: &str = "x-grpc-test-echo-initial";
const TRAILING: &str = "x-grpc-test-echo-trailing-bin";

fn asked(status: Option<EchoStatus>) -> Result<(), Status> {
    match status {
        Some(status) if status.code != 0 => {
            Err(Status::new(Code::from(status.code), status.message))
        }
        _ => Ok(()),
    }
}

fn echo<T>(sent: &MetadataMap, response: &mut Response<T>) {
    if let Some(value) = sent.get(INITIAL) {
        response.metadata_mut().insert(INITIAL, value.clone());
    }
}

/// An end that carries the trailing metadata: tonic sends it only with a status that it is handed.
fn end(sent: &MetadataMap) -> Option<Status> {
    let mut end = Status::new(Code::Ok, "");
    end.metadata_mut()
        .insert_bin(TRAILING, sent.get_bin(TRAILING)?.clone());
    Some(end)
}

fn size(size: i32) -> usize {
    usize::try_from(size).unwrap_or(0)
}

#[tonic::async_trait]
impl TestService for Peer {
    async fn empty_call(&self, _request: Request<Empty>) -> Result<Response<Empty>, Status> {
        Ok(Response::new(Empty {}))
    }

    type UnaryCallStream = Simple;

    async fn unary_call(
        &self,
        request: Request<SimpleRequest>,
    ) -> Result<Response<Simple>, Status> {
        let sent = request.metadata().clone();
        let request = request.into_inner();
        asked(request.response_status)?;
        let payload = zeroes(size(request.response_size));
        let mut all = vec![Ok(SimpleResponse { payload })];
        all.extend(end(&sent).map(Err));
        let mut response: Response<Simple> = Response::new(Box::pin(tokio_stream::iter(all)));
        echo(&sent, &mut response);
        Ok(response)
    }

    type StreamingOutputCallStream = Outputs;

    async fn streaming_output_call(
        &self,
        request: Request<StreamingOutputCallRequest>,
    ) -> Result<Response<Outputs>, Status> {
        let one = |parameters: ResponseParameters| {
            Ok(StreamingOutputCallResponse {
                payload: zeroes(size(parameters.size)),
            })
        };
        let all = request
            .into_inner()
            .response_parameters
            .into_iter()
            .map(one);
        Ok(Response::new(Box::pin(tokio_stream::iter(all))))
    }

    async fn streaming_input_call(
        &self,
        request: Request<Streaming<StreamingInputCallRequest>>,
    ) -> Result<Response<StreamingInputCallResponse>, Status> {
        let mut requests = request.into_inner();
        let mut sum = 0;
        while let Some(request) = requests.message().await? {
            sum += request.payload.map_or(0, |payload| payload.body.len());
        }
        let aggregated_payload_size = i32::try_from(sum).unwrap_or(i32::MAX);
        Ok(Response::new(StreamingInputCallResponse {
            aggregated_payload_size,
        }))
    }

    type FullDuplexCallStream = Outputs;

    async fn full_duplex_call(
        &self,
        request: Request<Streaming<StreamingOutputCallRequest>>,
    ) -> Result<Response<Outputs>, Status> {
        let sent = request.metadata().clone();
        let mut requests = request.into_inner();
        let trailing = sent.clone();
        let (sender, receiver) = tokio::sync::mpsc::channel(4);
        tokio::spawn(async move {
            while let Some(Ok(request)) = requests.next().await {
                if let Err(status) = asked(request.response_status) {
                    let _ = sender.send(Err(status)).await;
                    return;
                }
                for parameters in request.response_parameters {
                    let pause = u64::try_from(parameters.interval_us).unwrap_or(0);
                    tokio::time::sleep(Duration::from_micros(pause)).await;
                    let payload = zeroes(size(parameters.size));
                    if sender
                        .send(Ok(StreamingOutputCallResponse { payload }))
                        .await
                        .is_err()
                    {
                        return;
                    }
                }
            }
            if let Some(end) = end(&trailing) {
                let _ = sender.send(Err(end)).await;
            }
        });
        let mut response: Response<Outputs> =
            Response::new(Box::pin(ReceiverStream::new(receiver)));
        echo(&sent, &mut response);
        Ok(response)
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let files: Vec<String> = env::args().skip(1).collect();
    let mut server = Server::builder();
    if let [cert, key, rest @ ..] = files.as_slice() {
        let identity = Identity::from_pem(fs::read(cert)?, fs::read(key)?);
        let mut tls = ServerTlsConfig::new().identity(identity);
        if let [client_ca] = rest {
            tls = tls.client_ca_root(Certificate::from_pem(fs::read(client_ca)?));
        }
        server = server.tls_config(tls)?;
    }
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?.port());
    let service = TestServiceServer::new(Peer)
        .accept_compressed(CompressionEncoding::Gzip)
        .send_compressed(CompressionEncoding::Gzip);
    server
        .add_service(service)
        .serve_with_incoming(TcpListenerStream::new(listener))
        .await?;
    Ok(())
}
