//! tonic's reflection over a descriptor set. Prints its port and serves until killed.
//! Usage: `reflection_server v1|v1alpha|both SET`.

use std::{env, error::Error, fs};

use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::Server;
use tonic_reflection::server::Builder;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut args = env::args().skip(1);
    let (version, set) = (
        args.next().ok_or("v1, v1alpha or both?")?,
        args.next().ok_or("no set")?,
    );
    let set = fs::read(set)?;
    let builder = || {
        Builder::configure()
            .include_reflection_service(false)
            .register_encoded_file_descriptor_set(&set)
    };
    let v1 = (version != "v1alpha")
        .then(|| builder().build_v1())
        .transpose()?;
    let v1alpha = (version != "v1")
        .then(|| builder().build_v1alpha())
        .transpose()?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?.port());
    Server::builder()
        .add_optional_service(v1)
        .add_optional_service(v1alpha)
        .serve_with_incoming(TcpListenerStream::new(listener))
        .await?;
    Ok(())
}
