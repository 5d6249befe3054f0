//! Calls through proxies: tunnels that open, and those that do not.

use std::{sync::Arc, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
};

use super::{
    connect::short,
    server::{Call, ok, serve},
};
use crate::grpc::{
    Address, CallHead, Channel, Chunk, Code, ConnectError, Endpoint, Proxy, ProxyChoice,
    ProxyEnvironment, ProxyKind, ProxyProblem,
};

/// What a proxy of these tests does with a connection.
type Behaviour = Arc<dyn Fn(TcpStream) -> Work + Send + Sync>;
type Work = std::pin::Pin<Box<dyn Future<Output = std::io::Result<()>> + Send>>;

async fn proxy<F>(
    kind: ProxyKind,
    behaviour: impl Fn(TcpStream) -> F + Send + Sync + 'static,
) -> Proxy
where
    F: Future<Output = std::io::Result<()>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let behaviour: Behaviour = Arc::new(move |socket| Box::pin(behaviour(socket)));
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(behaviour(socket));
        }
    });
    Proxy {
        kind,
        host: "127.0.0.1".to_owned(),
        port,
        credentials: None,
    }
}

async fn head_of(socket: &mut TcpStream) -> std::io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(socket.read_u8().await?);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

/// Tunnels to wherever it is asked, when the credentials are there.
async fn http_tunnel(mut socket: TcpStream, credentials: Option<&str>) -> std::io::Result<()> {
    let head = head_of(&mut socket).await?;
    let target = head.split(' ').nth(1).unwrap_or_default().to_owned();
    if credentials.is_some_and(|wanted| !head.contains(wanted)) {
        let answer = b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n";
        return socket.write_all(answer).await;
    }
    let mut far = TcpStream::connect(target).await?;
    socket
        .write_all(b"HTTP/1.1 200 Connection established\r\nX: y\r\n\r\n")
        .await?;
    copy_bidirectional(&mut socket, &mut far).await.map(|_| ())
}

/// As RFC 1928 says; refuses with this reply where it is not 0.
async fn socks5_tunnel(mut socket: TcpStream, password: bool, reply: u8) -> std::io::Result<()> {
    let methods = [socket.read_u8().await?, socket.read_u8().await?][1];
    let mut offered = vec![0; methods.into()];
    socket.read_exact(&mut offered).await?;
    let method = if password { 2 } else { 0 };
    if !offered.contains(&method) {
        return socket.write_all(&[5, 0xFF]).await;
    }
    socket.write_all(&[5, method]).await?;
    if password {
        socket.read_u8().await?;
        for _ in 0..2 {
            let length = socket.read_u8().await?;
            socket.read_exact(&mut vec![0; length.into()]).await?;
        }
        socket.write_all(&[1, 0]).await?;
    }
    let mut request = [0; 4];
    socket.read_exact(&mut request).await?;
    let host = match request[3] {
        1 => {
            let mut ip = [0; 4];
            socket.read_exact(&mut ip).await?;
            std::net::Ipv4Addr::from(ip).to_string()
        }
        _ => {
            let length = socket.read_u8().await?;
            let mut name = vec![0; length.into()];
            socket.read_exact(&mut name).await?;
            String::from_utf8_lossy(&name).into_owned()
        }
    };
    let port = socket.read_u16().await?;
    socket
        .write_all(&[5, reply, 0, 1, 0, 0, 0, 0, 0, 0])
        .await?;
    if reply != 0 {
        return Ok(());
    }
    let mut far = TcpStream::connect((host.as_str(), port)).await?;
    copy_bidirectional(&mut socket, &mut far).await.map(|_| ())
}

async fn answering_ok() -> Endpoint {
    serve(|mut call: Call| async move {
        call.accept().send_trailers(ok()).unwrap();
    })
    .await
}

async fn code_through(endpoint: &Endpoint) -> Code {
    let channel = Channel::connect(endpoint).await.unwrap();
    let (mut sender, mut receiver) = channel.open(&CallHead::new("/a/b")).unwrap();
    sender.half_close().unwrap();
    loop {
        if let Chunk::End(outcome) = receiver.next().await {
            return outcome.status.code;
        }
    }
}

#[tokio::test]
async fn a_call_goes_through_a_tunnel() {
    let direct = answering_ok().await;
    let word = "bWU6c2VjcmV0";
    for (name, mut proxy, credentials) in [
        (
            "http",
            proxy(ProxyKind::Http, |socket| http_tunnel(socket, None)).await,
            false,
        ),
        (
            "http, password",
            proxy(ProxyKind::Http, move |socket| {
                http_tunnel(socket, Some(word))
            })
            .await,
            true,
        ),
        (
            "socks5",
            proxy(ProxyKind::Socks5, |socket| socks5_tunnel(socket, false, 0)).await,
            false,
        ),
        (
            "socks5, password",
            proxy(ProxyKind::Socks5, |socket| socks5_tunnel(socket, true, 0)).await,
            true,
        ),
    ] {
        proxy.credentials = credentials.then(|| ("me".to_owned(), "secret".to_owned()));
        let mut endpoint = direct.clone();
        endpoint.proxy = ProxyChoice::Via(proxy.clone());
        assert_eq!(code_through(&endpoint).await, Code::OK, "{name}");
        let channel = Channel::connect(&endpoint).await.unwrap();
        assert_eq!(channel.info().proxy, Some(proxy.name()), "{name}");
    }
}

#[tokio::test]
async fn the_environment_names_a_proxy_for_hosts_that_are_not_here() {
    let direct = answering_ok().await;
    let Address::Tcp { port, .. } = direct.address else {
        panic!("a port");
    };
    // The name is looked up by the proxy alone: nobody here knows it.
    let tunnel = proxy(ProxyKind::Http, move |mut socket: TcpStream| async move {
        let head = head_of(&mut socket).await?;
        assert!(head.starts_with("CONNECT server.invalid:"), "{head}");
        let mut far = TcpStream::connect(("127.0.0.1", port)).await?;
        socket.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
        copy_bidirectional(&mut socket, &mut far).await.map(|_| ())
    })
    .await;
    let pairs = [(
        "http_proxy".to_owned(),
        format!("http://127.0.0.1:{}", tunnel.port),
    )];
    let environment = ProxyEnvironment::from_pairs(pairs);
    let mut endpoint = direct.clone();
    endpoint.address = Address::Tcp {
        host: "server.invalid".to_owned(),
        port,
    };
    let channel = Channel::connect_with(&endpoint, &short_but_real(), &environment)
        .await
        .unwrap();
    assert_eq!(channel.info().proxy, Some(tunnel.name()));
    endpoint.proxy = ProxyChoice::Direct;
    let error = Channel::connect_with(&endpoint, &short_but_real(), &environment)
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            ConnectError::Resolve { .. } | ConnectError::TimedOut { .. }
        ),
        "{error:?}"
    );
}

fn short_but_real() -> crate::grpc::ConnectLimits {
    crate::grpc::ConnectLimits::all(Duration::from_secs(5))
}

#[tokio::test]
async fn a_tunnel_that_does_not_open_says_why() {
    let direct = answering_ok().await;
    let answering = |kind, bytes: &'static [u8]| {
        proxy(kind, move |mut socket: TcpStream| async move {
            let mut first = [0; 512];
            let _ = socket.read(&mut first).await?;
            socket.write_all(bytes).await
        })
    };
    use ProxyKind::{Http, Socks5};
    let silent = proxy(Http, |socket: TcpStream| async move {
        let _kept = socket;
        std::future::pending::<std::io::Result<()>>().await
    });
    let http = |status, reason: &str| ProxyProblem::Http {
        status,
        reason: reason.to_owned(),
    };
    for (proxy, expected) in [
        (
            answering(Http, b"HTTP/1.1 403 Forbidden\r\n\r\n<html>no</html>").await,
            http(403, "Forbidden"),
        ),
        (
            answering(Http, b"HTTP/1.1 502 \x1b[31mBad\r\n\r\n").await,
            http(502, "\\u{1b}[31mBad"),
        ),
        (
            answering(Http, b"HTTP/1.1 407 x\r\n\r\n").await,
            ProxyProblem::Credentials {
                given: false,
                scheme: "http",
            },
        ),
        (
            answering(Http, b"SSH-2.0-OpenSSH_9\r\n").await,
            ProxyProblem::NotAProxy("HTTP"),
        ),
        (
            answering(Http, b"HTTP/1.1 2").await,
            ProxyProblem::NotAProxy("HTTP"),
        ),
        (
            answering(Socks5, b"HTTP/1.1 400 Bad Request\r\n\r\n").await,
            ProxyProblem::NotAProxy("SOCKS5"),
        ),
        (
            proxy(Socks5, |socket| socks5_tunnel(socket, true, 0)).await,
            ProxyProblem::Credentials {
                given: false,
                scheme: "socks5",
            },
        ),
        (
            proxy(Socks5, |socket| socks5_tunnel(socket, false, 2)).await,
            ProxyProblem::Socks5("Connection not allowed by ruleset".to_owned()),
        ),
        (
            silent.await,
            ProxyProblem::Silent {
                protocol: "HTTP",
                limit: short().connect,
            },
        ),
    ] {
        let mut endpoint = direct.clone();
        endpoint.proxy = ProxyChoice::Via(proxy);
        let environment = ProxyEnvironment::default();
        let error = Channel::connect_with(&endpoint, &short(), &environment)
            .await
            .unwrap_err();
        let ConnectError::Proxy { problem, .. } = error else {
            panic!("{expected:?}: {error:?}");
        };
        assert_eq!(problem, expected);
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn an_abstract_socket_is_called() {
    use std::os::{linux::net::SocketAddrExt as _, unix::net};
    let name = format!("stubless-test-{}", std::process::id());
    let address = net::SocketAddr::from_abstract_name(&name).unwrap();
    let listener = net::UnixListener::bind_addr(&address).unwrap();
    listener.set_nonblocking(true).unwrap();
    let listener = tokio::net::UnixListener::from_std(listener).unwrap();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let builder = h2::server::Builder::new();
            tokio::spawn(super::server::h2_connection(
                socket,
                builder,
                |mut call: Call| async move {
                    call.accept().send_trailers(ok()).unwrap();
                },
            ));
        }
    });
    let endpoint = Endpoint::parse(&format!("unix-abstract:{name}"), None).unwrap();
    assert_eq!(code_through(&endpoint).await, Code::OK);
}

#[tokio::test]
async fn what_is_dialled_may_differ_from_what_is_named() {
    let direct = answering_ok().await;
    let mut endpoint = Endpoint::parse("http://api.invalid:1", None).unwrap();
    endpoint.connect_to = Some(direct.address.clone());
    assert_eq!(endpoint.authority(), "api.invalid:1");
    assert_eq!(code_through(&endpoint).await, Code::OK);
}

/// A proxy that refuses every host but the one at this port.
async fn reaching_only(port: u16) -> Proxy {
    proxy(ProxyKind::Http, move |mut socket: TcpStream| async move {
        let head = head_of(&mut socket).await?;
        let target = head.split(' ').nth(1).unwrap_or_default().to_owned();
        if !target.ends_with(&format!(":{port}")) {
            return socket.write_all(b"HTTP/1.1 502 Bad Gateway\r\n\r\n").await;
        }
        let mut far = TcpStream::connect(target).await?;
        socket.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
        copy_bidirectional(&mut socket, &mut far).await.map(|_| ())
    })
    .await
}

#[tokio::test]
async fn literal_addresses_go_through_the_proxy_one_after_the_other() {
    let direct = answering_ok().await;
    let Address::Tcp { port, .. } = direct.address else {
        panic!("a port");
    };
    let proxy = reaching_only(port).await;
    let literals = Address::parse(&format!("ipv4:127.0.0.1:1,127.0.0.1:{port}")).unwrap();
    for (name, address, connect_to) in [
        ("target", literals.clone(), None),
        ("connect_to", direct.address.clone(), Some(literals)),
    ] {
        let mut endpoint = direct.clone();
        endpoint.address = address;
        endpoint.connect_to = connect_to;
        endpoint.proxy = ProxyChoice::Via(proxy.clone());
        let channel = Channel::connect(&endpoint).await.unwrap();
        assert_eq!(channel.info().proxy, Some(proxy.name()), "{name}");
        assert_eq!(channel.info().peer, None, "{name}");
    }
}

#[tokio::test]
async fn a_proxy_that_refuses_us_is_asked_once() {
    let asked = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = asked.clone();
    let refusing = proxy(ProxyKind::Http, move |mut socket: TcpStream| {
        counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        async move {
            head_of(&mut socket).await?;
            socket.write_all(b"HTTP/1.1 407 x\r\n\r\n").await
        }
    })
    .await;
    let mut endpoint = Endpoint::parse("ipv4:127.0.0.1:1,127.0.0.2:1", None).unwrap();
    endpoint.proxy = ProxyChoice::Via(refusing);
    let error = Channel::connect(&endpoint).await.unwrap_err();
    assert!(
        matches!(
            error,
            ConnectError::Proxy {
                problem: ProxyProblem::Credentials {
                    given: false,
                    scheme: "http"
                },
                ..
            }
        ),
        "{error:?}"
    );
    assert_eq!(asked.load(std::sync::atomic::Ordering::Relaxed), 1);
}

#[tokio::test]
async fn the_environment_chooses_for_each_literal_address() {
    let direct = answering_ok().await;
    let Address::Tcp { port, .. } = direct.address else {
        panic!("a port");
    };
    // Nothing is sent to 192.0.2.1: the proxy refuses it.
    let proxy = reaching_only(port).await;
    let pairs = [(
        "http_proxy".to_owned(),
        format!("http://127.0.0.1:{}", proxy.port),
    )];
    let environment = ProxyEnvironment::from_pairs(pairs);
    let mut endpoint = direct.clone();
    endpoint.address = Address::parse(&format!("ipv4:192.0.2.1:1,127.0.0.1:{port}")).unwrap();
    let channel = Channel::connect_with(&endpoint, &short_but_real(), &environment)
        .await
        .unwrap();
    assert_eq!(channel.info().proxy, None, "loopback is never proxied");
}

#[tokio::test]
async fn a_socket_of_this_machine_is_not_called_past_a_proxy() {
    let proxy = reaching_only(1).await;
    for target in ["unix:/s", "unix-abstract:s", "pipe:s"] {
        let mut endpoint = Endpoint::parse(target, None).unwrap();
        endpoint.proxy = ProxyChoice::Via(proxy.clone());
        let error = Channel::connect(&endpoint).await.unwrap_err();
        assert!(
            matches!(
                error,
                ConnectError::Proxy {
                    problem: ProxyProblem::OutOfReach,
                    ..
                }
            ),
            "{target}: {error:?}"
        );
    }
}

#[tokio::test]
async fn what_cannot_be_asked_of_a_proxy_is_told_apart_from_what_it_refused() {
    let direct = answering_ok().await;
    let mut socks = proxy(ProxyKind::Socks5, |socket| socks5_tunnel(socket, true, 0)).await;
    socks.credentials = Some(("me".to_owned(), String::new()));
    let mut endpoint = direct.clone();
    endpoint.proxy = ProxyChoice::Via(socks);
    let error = Channel::connect(&endpoint).await.unwrap_err();
    assert!(
        matches!(
            error,
            ConnectError::Proxy {
                problem: ProxyProblem::CredentialsLength,
                ..
            }
        ),
        "{error:?}"
    );

    let pairs = [("http_proxy".to_owned(), "https://127.0.0.1:1".to_owned())];
    let environment = ProxyEnvironment::from_pairs(pairs);
    let endpoint = Endpoint::parse("http://server.invalid:1", None).unwrap();
    let error = Channel::connect_with(&endpoint, &short(), &environment)
        .await
        .unwrap_err();
    assert!(
        matches!(&error, ConnectError::ProxyVariable(variable) if variable.name == "http_proxy"),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_zone_is_not_told_to_a_proxy() {
    let (sender, mut heads) = tokio::sync::mpsc::channel(1);
    let asked = proxy(ProxyKind::Http, move |mut socket: TcpStream| {
        let sender = sender.clone();
        async move {
            let _ = sender.send(head_of(&mut socket).await?).await;
            socket.write_all(b"HTTP/1.1 403 x\r\n\r\n").await
        }
    })
    .await;
    for target in ["[fe80::1%eth0]:5", "ipv6:[fe80::1%2]:5"] {
        let mut endpoint = Endpoint::parse(target, None).unwrap();
        endpoint.proxy = ProxyChoice::Via(asked.clone());
        assert!(Channel::connect(&endpoint).await.is_err(), "{target}");
        let head = heads.recv().await.unwrap();
        assert!(head.starts_with("CONNECT [fe80::1]:5 "), "{target}: {head}");
    }
}
