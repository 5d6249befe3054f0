//! One measurement of one Rust client: `bench_client WHO WHAT PORT COUNT`. Prints one line of JSON:
//! `{"seconds": …, "cpu": …, "bytes": …}`, of the measured part alone.
//!
//! WHO is `stubless` or `tonic`; WHAT is
//! - `unary`: COUNT calls one after the other. Ours go from JSON text to JSON text.
//! - `parallel`: COUNT calls, 50 at a time, on one connection.
//! - `records`: one stream of COUNT records. Ours are recorded in the log; tonic decodes them.
//! - `spilled`: the same with 32 MiB of memory for the log, the rest on disk; tonic keeps nothing.
//! - `blobs`: one stream of COUNT blobs of 1 MiB.
//! - `tcp` (WHO is not looked at): COUNT MiB of a bare socket.

use std::{
    env,
    error::Error,
    future::Future,
    time::{Duration, Instant},
};

use cpu_time::ProcessTime;
use prost::Message;
use stubless_core::{
    call::{Direction, LogBudget, LogLimits, MessageLog},
    grpc::{CallHead, Channel, Chunk, Endpoint},
    message::{Document, JsonOptions, Printer, Scope, encode},
    schema::Schema,
};
use stubless_peers::{
    DESCRIPTOR_SET, RECORD_JSON,
    proto::{Ask, bench_client::BenchClient},
    record,
};
use tokio::io::AsyncReadExt;

type Failure = Box<dyn Error + Send + Sync>;

const IN_FLIGHT: u64 = 50;
const MIB: u64 = 1 << 20;

/// As the window shows a message.
const PRETTY: JsonOptions = JsonOptions {
    pretty: true,
    defaults: true,
    max_bytes: 0,
};

async fn measured(work: impl Future<Output = Result<u64, Failure>>) -> Result<(), Failure> {
    let (cpu, begin) = (ProcessTime::now(), Instant::now());
    let bytes = work.await?;
    let (seconds, cpu) = (begin.elapsed().as_secs_f64(), cpu.elapsed().as_secs_f64());
    println!(r#"{{"seconds": {seconds:.6}, "cpu": {cpu:.6}, "bytes": {bytes}}}"#);
    Ok(())
}

/// What our client does for one unary call, from the text a person wrote to the text they read.
struct Unary {
    channel: Channel,
    input: prost_reflect::MessageDescriptor,
    output: Printer,
}

impl Unary {
    async fn call(&self) -> Result<usize, Failure> {
        let document = Document::new(RECORD_JSON);
        let wire = encode(&document, &self.input, &Scope::default())
            .map_err(|mistakes| format!("{mistakes:?}"))?;
        let head = CallHead {
            one_answer: true,
            ..CallHead::new("/bench.v1.Bench/Echo")
        };
        let (mut sender, mut receiver) =
            self.channel.open(&head).map_err(|end| end.status.message)?;
        sender.send_last(wire).await?;
        let mut text = 0;
        loop {
            match receiver.next().await {
                Chunk::Head(_) => {}
                Chunk::Messages(messages) => {
                    for message in messages.iter() {
                        text += self.output.to_json(message, PRETTY).text.len();
                    }
                }
                Chunk::End(end) if end.status.code.0 == 0 => return Ok(text),
                Chunk::End(end) => return Err(end.status.message.into()),
            }
        }
    }
}

async fn ours(what: &str, port: &str, count: u64) -> Result<(), Failure> {
    let endpoint = Endpoint::parse(&format!("127.0.0.1:{port}"), None)?;
    let channel = Channel::connect(&endpoint).await?;
    match what {
        "unary" | "parallel" => {
            let pool = prost_reflect::DescriptorPool::decode(DESCRIPTOR_SET)?;
            let method = Schema::from_pool(pool)
                .method("bench.v1.Bench/Echo")
                .ok_or("no method")?;
            let unary = std::sync::Arc::new(Unary {
                channel,
                input: method.input(),
                output: Printer::new(&method.output()),
            });
            unary.call().await?;
            if what == "unary" {
                measured(async {
                    let mut bytes = 0;
                    for _ in 0..count {
                        bytes += unary.call().await? as u64;
                    }
                    Ok(bytes)
                })
                .await
            } else {
                measured(async {
                    let mut tasks = tokio::task::JoinSet::new();
                    for _ in 0..IN_FLIGHT {
                        let unary = unary.clone();
                        tasks.spawn(async move {
                            let mut bytes = 0;
                            for _ in 0..count / IN_FLIGHT {
                                bytes += unary.call().await? as u64;
                            }
                            Ok::<_, Failure>(bytes)
                        });
                    }
                    let mut bytes = 0;
                    while let Some(done) = tasks.join_next().await {
                        bytes += done??;
                    }
                    Ok(bytes)
                })
                .await
            }
        }
        "records" | "spilled" | "blobs" => {
            let records = what != "blobs";
            let path = if records {
                "/bench.v1.Bench/Watch"
            } else {
                "/bench.v1.Bench/Blobs"
            };
            let ask = Ask {
                count: u32::try_from(count)?,
                size: if records {
                    0
                } else {
                    u32::try_from(MIB)?
                },
            };
            // Blobs are looked at and let go, as a copy of a socket is. The log is there before and after,
            // as a window's is.
            let folder = tempfile::tempdir()?;
            let log = match what {
                "spilled" => {
                    let limits = LogLimits {
                        memory_bytes: 32 << 20,
                        disk_bytes: 4 << 30,
                        folder: Some(folder.path().to_owned()),
                    };
                    MessageLog::watched(&LogBudget::new(limits), || ())
                }
                _ => MessageLog::with_budget(4 << 30),
            };
            measured(async {
                let begin = Instant::now();
                let (mut sender, mut receiver) = channel
                    .open(&CallHead::new(path))
                    .map_err(|end| end.status.message)?;
                sender.send_last(ask.encode_to_vec().into()).await?;
                let mut bytes = 0;
                loop {
                    match receiver.next().await {
                        Chunk::Head(_) => {}
                        Chunk::Messages(messages) => {
                            bytes += messages.iter().map(|m| m.len() as u64).sum::<u64>();
                            if records
                                && !log.append_batch(Direction::Received, begin.elapsed(), &messages)
                            {
                                return Err("the log is full".into());
                            }
                        }
                        Chunk::End(end) if end.status.code.0 == 0 => break,
                        Chunk::End(end) => return Err(end.status.message.into()),
                    }
                }
                if records && log.len() as u64 != count {
                    return Err(format!("{} of {count} records", log.len()).into());
                }
                Ok(bytes)
            })
            .await
        }
        other => Err(format!("no measurement named {other}").into()),
    }
}

async fn theirs(what: &str, port: &str, count: u64) -> Result<(), Failure> {
    let endpoint = tonic::transport::Endpoint::from_shared(format!("http://127.0.0.1:{port}"))?;
    let mut client =
        BenchClient::new(endpoint.connect().await?).max_decoding_message_size(64 << 20);
    match what {
        "unary" => {
            client.echo(record()).await?;
            measured(async {
                let mut bytes = 0;
                for _ in 0..count {
                    bytes += client.echo(record()).await?.into_inner().note.len() as u64;
                }
                Ok(bytes)
            })
            .await
        }
        "parallel" => {
            client.echo(record()).await?;
            measured(async {
                let mut tasks = tokio::task::JoinSet::new();
                for _ in 0..IN_FLIGHT {
                    let mut client = client.clone();
                    tasks.spawn(async move {
                        let mut bytes = 0;
                        for _ in 0..count / IN_FLIGHT {
                            bytes += client.echo(record()).await?.into_inner().note.len() as u64;
                        }
                        Ok::<_, Failure>(bytes)
                    });
                }
                let mut bytes = 0;
                while let Some(done) = tasks.join_next().await {
                    bytes += done??;
                }
                Ok(bytes)
            })
            .await
        }
        "records" | "spilled" => {
            measured(async {
                let ask = Ask {
                    count: u32::try_from(count)?,
                    size: 0,
                };
                let mut records = client.watch(ask).await?.into_inner();
                let mut seen = 0;
                while let Some(record) = records.message().await? {
                    seen += u64::from(record.active);
                }
                if seen != count {
                    return Err(format!("{seen} of {count} records").into());
                }
                Ok(seen)
            })
            .await
        }
        "blobs" => {
            measured(async {
                let ask = Ask {
                    count: u32::try_from(count)?,
                    size: u32::try_from(MIB)?,
                };
                let mut blobs = client.blobs(ask).await?.into_inner();
                let mut bytes = 0;
                while let Some(blob) = blobs.message().await? {
                    bytes += blob.data.len() as u64;
                }
                Ok(bytes)
            })
            .await
        }
        other => Err(format!("no measurement named {other}").into()),
    }
}

async fn tcp(port: &str, count: u64) -> Result<(), Failure> {
    let mut socket = tokio::net::TcpStream::connect(format!("127.0.0.1:{port}")).await?;
    let mut buffer = vec![0; 256 * 1024];
    measured(async {
        let mut left = count * MIB;
        while left > 0 {
            let read = socket.read(&mut buffer).await? as u64;
            if read == 0 {
                return Err("the socket was closed".into());
            }
            left = left.saturating_sub(read);
        }
        Ok(count * MIB)
    })
    .await
}

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [who, what, port, count] = arguments.as_slice() else {
        return Err("usage: bench_client WHO WHAT PORT COUNT".into());
    };
    let count = count.parse()?;
    // One thread for either: the engine's network thread is one, too.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let work = async {
            match (who.as_str(), what.as_str()) {
                (_, "tcp") => tcp(port, count).await,
                ("stubless", what) => ours(what, port, count).await,
                ("tonic", what) => theirs(what, port, count).await,
                (other, _) => Err(format!("no client named {other}").into()),
            }
        };
        tokio::time::timeout(Duration::from_secs(300), work).await?
    })
}
