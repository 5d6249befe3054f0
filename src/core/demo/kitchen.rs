//! `demo.v1.Kitchen`: every kind of field, given back as it came.

use tonic::{Request, Response, Status, Streaming};

use super::proto::{
    Everything, Legacy,
    kitchen_server::{Kitchen, KitchenServer},
};

/// A message that comes in is as large as one that goes out: tonic's own limits are 4 MiB in and
/// none out.
const MAX_MESSAGE_BYTES: usize = 64 << 20;

pub(super) fn service() -> KitchenServer<impl Kitchen> {
    KitchenServer::new(Service).max_decoding_message_size(MAX_MESSAGE_BYTES)
}

#[derive(Debug)]
struct Service;

#[tonic::async_trait]
impl Kitchen for Service {
    async fn echo(&self, request: Request<Everything>) -> Result<Response<Everything>, Status> {
        Ok(Response::new(request.into_inner()))
    }

    type EchoManyStream = Streaming<Everything>;

    async fn echo_many(
        &self,
        request: Request<Streaming<Everything>>,
    ) -> Result<Response<Self::EchoManyStream>, Status> {
        Ok(Response::new(request.into_inner()))
    }

    async fn echo_legacy(&self, request: Request<Legacy>) -> Result<Response<Legacy>, Status> {
        Ok(Response::new(request.into_inner()))
    }

    async fn rest(&self, _: Request<()>) -> Result<Response<()>, Status> {
        Ok(Response::new(()))
    }

    async fn echo_once(
        &self,
        request: Request<Everything>,
    ) -> Result<Response<Everything>, Status> {
        Ok(Response::new(request.into_inner()))
    }
}
