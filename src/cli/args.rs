//! The arguments, and the texts of `--help`.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::{ArgAction, Args as ClapArgs, Parser, Subcommand};
use stubless_core::{
    message::Style,
    workspace::{CallSettings, MetadataRow, TargetSettings},
};

/// Explore gRPC services: in a window, or from here.
#[derive(Debug, Parser)]
#[command(
    name = "stubless",
    version,
    args_conflicts_with_subcommands = true,
    after_help = "Exit codes: 0 all well, 1 a call ended with a status other than OK or drift breaks, 2 usage, \
                  3 schema or request invalid, 4 could not connect, 70 a defect of Stubless."
)]
pub(super) struct Args {
    /// Folder of the workspace to open; without it, the one used last or the sample.
    pub(super) workspace: Option<PathBuf>,
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make a call; each response message is printed as JSON when it arrives.
    Call(CallArgs),
    /// List services, or a service's methods as pkg.Service.Method.
    List(ListArgs),
    /// Print a service, method, message, enum or field as proto source, with its comments.
    Describe(DescribeArgs),
    /// Print a body for a method or message, as JSON: what a request could look like.
    Example(ExampleArgs),
    /// Save a schema, from files or as a server tells it, as a descriptor set or as .proto files.
    Export(ExportArgs),
    /// Compare files with what a server says of itself; exit code 1 when something breaks on the wire.
    Drift(DriftArgs),
    /// Serve the demo services, with reflection and health.
    Demo(DemoArgs),
}

#[derive(Debug, ClapArgs)]
pub(super) struct CallArgs {
    /// host:port, http://…, https://…, unix:PATH, or demo: for the embedded server.
    #[arg(value_name = "TARGET")]
    pub(super) target: String,
    /// pkg.Service/Method
    #[arg(value_name = "METHOD")]
    pub(super) method: String,
    /// Message as JSON (comments allowed), @file, or @- for standard input. Several values, one after
    /// the other, are a stream; may be given more than once.
    #[arg(short, long, value_name = "JSON|@FILE|@-", allow_hyphen_values = true)]
    pub(super) data: Vec<String>,
    /// Metadata, as 'key: value'; base64 for a key that ends in -bin. Also sent with reflection, unless
    /// --reflect-header is given.
    #[arg(short = 'H', long = "header", value_name = "KEY: VALUE", value_parser = parse_header)]
    pub(super) metadata: Vec<MetadataRow>,
    /// Time the call may take: 250ms, 5s, 2m. Without it the call waits.
    #[arg(long, value_name = "TIME", value_parser = parse_deadline)]
    pub(super) deadline: Option<Duration>,
    /// Show the connection, headers and trailers on standard error; twice (-vv), every HTTP/2 frame.
    #[arg(short, long, action = ArgAction::Count)]
    pub(super) verbose: u8,
    #[command(flatten)]
    pub(super) call: CallOptionArgs,
    #[command(flatten)]
    pub(super) schema: SchemaArgs,
    #[command(flatten)]
    pub(super) tls: TargetArgs,
}

#[derive(Debug, ClapArgs)]
#[command(
    override_usage = "stubless list [OPTIONS] TARGET [pkg.Service]\n       \
                            stubless list [OPTIONS] --proto FILE [pkg.Service]"
)]
pub(super) struct ListArgs {
    /// The target and a service; the service alone when the schema comes from files.
    #[arg(value_name = "NAME", num_args = 0..=2)]
    pub(super) names: Vec<String>,
    /// Looks for services, methods, messages and enums by a few letters or words, the best first.
    #[arg(long, value_name = "WORDS")]
    pub(super) search: Option<String>,
    /// Metadata for reflection, as 'key: value'.
    #[arg(short = 'H', long = "header", value_name = "KEY: VALUE", value_parser = parse_header)]
    pub(super) metadata: Vec<MetadataRow>,
    #[command(flatten)]
    pub(super) schema: SchemaArgs,
    #[command(flatten)]
    pub(super) tls: TargetArgs,
}

#[derive(Debug, ClapArgs)]
#[command(override_usage = "stubless describe [OPTIONS] TARGET SYMBOL\n       \
                            stubless describe [OPTIONS] --proto FILE SYMBOL")]
pub(super) struct DescribeArgs {
    /// The target and a symbol; the symbol alone when the schema comes from files.
    #[arg(value_name = "NAME", num_args = 1..=2, required = true)]
    pub(super) names: Vec<String>,
    /// Metadata for reflection, as 'key: value'.
    #[arg(short = 'H', long = "header", value_name = "KEY: VALUE", value_parser = parse_header)]
    pub(super) metadata: Vec<MetadataRow>,
    #[command(flatten)]
    pub(super) schema: SchemaArgs,
    #[command(flatten)]
    pub(super) tls: TargetArgs,
}

#[derive(Debug, ClapArgs)]
#[command(override_usage = "stubless example [OPTIONS] TARGET SYMBOL\n       \
                            stubless example [OPTIONS] --proto FILE SYMBOL")]
pub(super) struct ExampleArgs {
    /// The target and a method or message; the symbol alone when the schema comes from files.
    #[arg(value_name = "NAME", num_args = 1..=2, required = true)]
    pub(super) names: Vec<String>,
    /// minimal has what must be there, full every field once, example values that fit the names; all of
    /// them keep protovalidate's standard rules.
    #[arg(long, value_name = "STYLE", default_value = "example", value_parser = parse_style)]
    pub(super) style: Style,
    /// Another number gives other values, the same one the same.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(super) seed: u64,
    /// Metadata for reflection, as 'key: value'.
    #[arg(short = 'H', long = "header", value_name = "KEY: VALUE", value_parser = parse_header)]
    pub(super) metadata: Vec<MetadataRow>,
    #[command(flatten)]
    pub(super) schema: SchemaArgs,
    #[command(flatten)]
    pub(super) tls: TargetArgs,
}

#[derive(Debug, ClapArgs)]
#[command(
    override_usage = "stubless export [OPTIONS] TARGET --proto-out DIR\n       \
                            stubless export [OPTIONS] --proto FILE --descriptor-set-out FILE",
    group = clap::ArgGroup::new("out").required(true).multiple(true)
)]
pub(super) struct ExportArgs {
    /// The target to ask; none when the schema comes from files.
    #[arg(value_name = "TARGET")]
    pub(super) target: Option<String>,
    /// Write one descriptor set: every file after those it imports, with comments.
    #[arg(long, value_name = "FILE", group = "out")]
    pub(super) descriptor_set_out: Option<PathBuf>,
    /// Write .proto files below this folder, by the names they are imported by.
    #[arg(long, value_name = "DIR", group = "out")]
    pub(super) proto_out: Option<PathBuf>,
    /// Overwrite files that hold something else; without it they stay and nothing is written.
    #[arg(long)]
    pub(super) force: bool,
    /// Metadata for reflection, as 'key: value'.
    #[arg(short = 'H', long = "header", value_name = "KEY: VALUE", value_parser = parse_header)]
    pub(super) metadata: Vec<MetadataRow>,
    #[command(flatten)]
    pub(super) schema: SchemaArgs,
    #[command(flatten)]
    pub(super) tls: TargetArgs,
}

#[derive(Debug, ClapArgs)]
#[command(
    override_usage = "stubless drift [OPTIONS] --proto FILE TARGET [pkg.Service[/Method]]",
    after_help = "Each difference is compatible, json (who reads or writes JSON is concerned) or \
                  breaking (on the wire). A service or method of the files that the server does not \
                  have is breaking: name the service where the files hold those of other servers too."
)]
pub(super) struct DriftArgs {
    /// host:port, http://…, https://…, unix:PATH, or demo: for the embedded server.
    #[arg(value_name = "TARGET")]
    pub(super) target: String,
    /// Compare this service or method alone.
    #[arg(value_name = "pkg.Service[/Method]")]
    pub(super) part: Option<String>,
    /// Metadata for reflection, as 'key: value'.
    #[arg(short = 'H', long = "header", value_name = "KEY: VALUE", value_parser = parse_header)]
    pub(super) metadata: Vec<MetadataRow>,
    #[command(flatten)]
    pub(super) schema: SchemaArgs,
    #[command(flatten)]
    pub(super) tls: TargetArgs,
}

#[derive(Debug, ClapArgs)]
pub(super) struct DemoArgs {
    /// Where to listen; port 0 takes a free one. The address is printed on standard output.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:50051")]
    pub(super) listen: SocketAddr,
}

/// How the call is made.
#[derive(Debug, Default, ClapArgs)]
#[command(next_help_heading = "Call")]
pub(super) struct CallOptionArgs {
    /// Compress the request's messages: gzip, deflate or zstd.
    #[arg(long, value_name = "NAME", value_parser = ["identity", "gzip", "deflate", "zstd"])]
    compress: Option<String>,
    /// Largest response message to accept: 64MiB, 4k, or bytes. 256MiB by default.
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    max_receive: Option<u64>,
    /// Largest request message to send.
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    max_send: Option<u64>,
    /// Go on trying to connect until the deadline.
    #[arg(long)]
    wait_for_ready: bool,
    /// Make no call with a message that breaks the rules of its schema (protovalidate): exit code 3.
    /// Without it they are told on standard error.
    #[arg(long)]
    pub(super) validate: bool,
}

impl CallOptionArgs {
    pub(super) fn settings(&self, max_receive_bytes: u64) -> CallSettings {
        CallSettings {
            deadline_ms: None,
            compression: self.compress.clone(),
            max_receive_bytes: Some(self.max_receive.unwrap_or(max_receive_bytes)),
            max_send_bytes: self.max_send,
            wait_for_ready: Some(self.wait_for_ready),
            check_rules: Some(false),
        }
    }
}

/// Where the schema comes from.
#[derive(Debug, Default, ClapArgs)]
#[command(next_help_heading = "Schema")]
pub(super) struct SchemaArgs {
    /// Proto file, or a folder of them; may be given more than once.
    #[arg(long, value_name = "FILE")]
    pub(super) proto: Vec<PathBuf>,
    /// Folder that imports are looked up in; without it, it is inferred from the files.
    #[arg(
        short = 'I',
        long = "import-path",
        value_name = "DIR",
        requires = "proto"
    )]
    pub(super) roots: Vec<PathBuf>,
    /// Descriptor set, as written by `protoc -o` or `buf build -o`; may be given more than once.
    #[arg(long, value_name = "FILE")]
    pub(super) descriptor_set: Vec<PathBuf>,
    /// Ask the server; the default when no files are given. With files, they come first.
    #[arg(long)]
    pub(super) reflect: bool,
    /// Metadata for reflection alone, as 'key: value'. With it, those of -H are not sent with
    /// reflection but with the call alone.
    #[arg(long, value_name = "KEY: VALUE", value_parser = parse_header)]
    reflect_header: Vec<MetadataRow>,
}

impl SchemaArgs {
    /// Whether the server is asked, so that there must be a target.
    pub(super) fn reflects(&self) -> bool {
        self.reflect || (self.proto.is_empty() && self.descriptor_set.is_empty())
    }

    /// What the server is asked with, of a call with this metadata.
    pub(super) fn reflection_metadata<'a>(&'a self, call: &'a [MetadataRow]) -> &'a [MetadataRow] {
        if self.reflect_header.is_empty() {
            call
        } else {
            &self.reflect_header
        }
    }
}

/// How the target is reached.
#[derive(Debug, Default, ClapArgs)]
#[command(next_help_heading = "Target")]
pub(super) struct TargetArgs {
    /// Use plaintext; the default for a loopback host or a Unix socket.
    #[arg(long, conflicts_with = "tls")]
    plaintext: bool,
    /// Use TLS; the default for every other host.
    #[arg(long)]
    tls: bool,
    /// PEM file with further root certificates, beside the system's.
    #[arg(long, value_name = "FILE", conflicts_with = "plaintext")]
    cacert: Option<PathBuf>,
    /// PEM file with the client's certificate chain.
    #[arg(
        long,
        value_name = "FILE",
        requires = "key",
        conflicts_with = "plaintext"
    )]
    cert: Option<PathBuf>,
    /// PEM file with the client's private key.
    #[arg(long, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,
    /// Name to expect in the server's certificate.
    #[arg(long, value_name = "NAME", conflicts_with = "plaintext")]
    server_name: Option<String>,
    /// Value of :authority.
    #[arg(long, value_name = "NAME")]
    authority: Option<String>,
    /// Do not check the server's certificate: anyone on the path can read and change the call.
    #[arg(long, conflicts_with = "plaintext")]
    insecure_skip_verify: bool,
    /// Trust exactly the certificate with this SHA-256 fingerprint; its name and dates are checked.
    #[arg(long, value_name = "SHA256", conflicts_with_all = ["plaintext", "insecure_skip_verify"])]
    pin: Option<String>,
    /// PKCS#12 file with the client's certificate and key. Its password is read from the environment
    /// variable STUBLESS_P12_PASSWORD: what stands on a command line is seen by every process.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["plaintext", "cert"])]
    p12: Option<PathBuf>,
    /// Go on where the server chooses no protocol by ALPN.
    #[arg(long, conflicts_with = "plaintext")]
    accept_missing_alpn: bool,
    /// Append the TLS secrets to a file, as SSLKEYLOGFILE: who has it can read the connection.
    #[arg(long, value_name = "FILE", conflicts_with = "plaintext")]
    key_log: Option<PathBuf>,
    /// Connect to this address instead; the target still names authority and certificate.
    #[arg(long, value_name = "TARGET")]
    connect_to: Option<String>,
    /// http://host:port, socks5://host:port, or none; by default as http_proxy, https_proxy,
    /// all_proxy and no_proxy say.
    #[arg(long, value_name = "URL")]
    proxy: Option<String>,
    /// Time that each step of connecting may take; 20s by default.
    #[arg(long, value_name = "TIME", value_parser = parse_deadline)]
    connect_timeout: Option<Duration>,
    /// Ping the server at this interval while a call runs, 10s at least.
    #[arg(long, value_name = "TIME", value_parser = parse_keepalive)]
    keepalive: Option<Duration>,
    /// Time that the answer to a ping may take; 20s by default.
    #[arg(long, value_name = "TIME", value_parser = parse_deadline, requires = "keepalive")]
    keepalive_timeout: Option<Duration>,
}

/// The variable that holds the password of a PKCS#12 file.
const P12_PASSWORD: &str = "STUBLESS_P12_PASSWORD";

impl TargetArgs {
    pub(super) fn settings(&self) -> TargetSettings {
        TargetSettings {
            tls: match (self.tls, self.plaintext) {
                (true, _) => Some(true),
                (false, true) => Some(false),
                (false, false) => None,
            },
            ca_cert: self.cacert.clone(),
            client_cert: self.cert.clone(),
            client_key: self.key.clone(),
            server_name: self.server_name.clone(),
            authority: self.authority.clone(),
            insecure_skip_verify: Some(self.insecure_skip_verify),
            client_p12: self.p12.clone(),
            // Braces of a password are no template.
            client_p12_password: std::env::var(P12_PASSWORD)
                .ok()
                .filter(|_| self.p12.is_some())
                .map(|password| password.replace("{{", "{{ \"{{\" }}")),
            pinned_certificate: self.pin.clone(),
            accept_missing_alpn: Some(self.accept_missing_alpn),
            key_log: self.key_log.clone(),
            // Given with the schema's options.
            reflection_metadata: None,
            connect_to: self.connect_to.clone(),
            proxy: self.proxy.clone(),
            connect_timeout_ms: self.connect_timeout.map(millis),
            keepalive_ms: self.keepalive.map(millis),
            keepalive_timeout_ms: self.keepalive_timeout.map(millis),
        }
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1)
}

/// Reads a number of bytes and one of k, M, G (powers of 1024, with or without `iB` or `B`).
fn parse_size(text: &str) -> Result<u64, String> {
    let wrong = || "write it as 64MiB, 4k, or a number of bytes".to_owned();
    let text = text.trim();
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let unit = unit.trim().to_ascii_lowercase();
    let unit = unit.strip_suffix('b').unwrap_or(&unit);
    let shift = match unit.strip_suffix('i').unwrap_or(unit) {
        "" => 0,
        "k" => 10,
        "m" => 20,
        "g" => 30,
        _ => return Err(wrong()),
    };
    let number: u64 = number.parse().map_err(|_| wrong())?;
    number.checked_mul(1 << shift).ok_or_else(wrong)
}

/// More often a client may not ping (gRFC A8).
fn parse_keepalive(text: &str) -> Result<Duration, String> {
    let interval = parse_deadline(text)?;
    if interval < Duration::from_secs(10) {
        return Err("pings are 10s apart at least".to_owned());
    }
    Ok(interval)
}

fn parse_style(text: &str) -> Result<Style, String> {
    let all = [Style::Minimal, Style::Full, Style::Example];
    let found = all.into_iter().find(|style| style.as_str() == text);
    found.ok_or_else(|| "styles are minimal, full and example".to_owned())
}

fn parse_header(text: &str) -> Result<MetadataRow, String> {
    if text.starts_with(':') {
        return Err(
            "a key that begins with a colon is no metadata; for `:authority` there is --authority"
                .to_owned(),
        );
    }
    let (key, value) = text
        .split_once(':')
        .ok_or("write it as 'key: value', with a colon")?;
    Ok(MetadataRow {
        key: key.trim().to_owned(),
        value: value.trim().to_owned(),
        enabled: true,
    })
}

/// Reads a number and one of ms, s, m, h. Parts of a unit are allowed: `1.5s`.
fn parse_deadline(text: &str) -> Result<Duration, String> {
    const UNITS: [(&str, f64); 4] = [("ms", 0.001), ("s", 1.0), ("m", 60.0), ("h", 3600.0)];
    let wrong = || "write it as 250ms, 5s or 2m".to_owned();
    let begin_of_unit = text
        .find(|c: char| c.is_ascii_alphabetic())
        .ok_or_else(wrong)?;
    let (number, unit) = text.split_at(begin_of_unit);
    let (_, secs) = UNITS
        .into_iter()
        .find(|(name, _)| *name == unit)
        .ok_or_else(wrong)?;
    let number: f64 = number.trim().parse().map_err(|_| wrong())?;
    let deadline = Duration::try_from_secs_f64(number * secs).map_err(|_| wrong())?;
    if deadline.is_zero() {
        return Err("a deadline is longer than nothing".to_owned());
    }
    Ok(deadline)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_arguments_hold_together() {
        Args::command().debug_assert();
    }

    #[test]
    fn every_option_of_a_call_is_read_when_its_command_is_pasted() {
        let command = Args::command();
        let call = command.find_subcommand("call").unwrap();
        let mut seen = Vec::new();
        for option in call.get_arguments() {
            let Some(long) = option.get_long().filter(|long| !seen.contains(long)) else {
                continue;
            };
            seen.push(long);
            let value = if option.get_action().takes_values() {
                " 1"
            } else {
                ""
            };
            for name in [
                Some(format!("--{long}")),
                option.get_short().map(|short| format!("-{short}")),
            ]
            .into_iter()
            .flatten()
            {
                let text = format!("stubless call {name}{value} h:1 a.B/C");
                let read = stubless_core::interop::read_command(&text).unwrap();
                let import = read.result.unwrap();
                assert_eq!(import.request.method, "a.B/C", "{text}");
                let notes: Vec<_> = import.notes.iter().map(|note| &note.text).collect();
                assert!(
                    !notes.iter().any(|note| note.contains("no option")),
                    "{text}: {notes:?}"
                );
            }
        }
        assert!(
            seen.contains(&"validate") && seen.contains(&"proxy"),
            "{seen:?}"
        );

        let text = "stubless call --validate h:1 a.B/C";
        let read = stubless_core::interop::read_command(text).unwrap();
        assert_eq!(read.result.unwrap().request.call.check_rules, Some(true));
    }

    #[test]
    fn deadlines_are_a_number_and_a_unit() {
        let good = [
            ("250ms", 250),
            ("5s", 5_000),
            ("1.5s", 1_500),
            ("2m", 120_000),
            ("1h", 3_600_000),
        ];
        for (text, millis) in good {
            assert_eq!(
                parse_deadline(text),
                Ok(Duration::from_millis(millis)),
                "{text}"
            );
        }
        for text in [
            "",
            "5",
            "s",
            "0s",
            "-1s",
            "5 parsecs",
            "1e400s",
            "NaNs",
            "infs",
        ] {
            assert!(parse_deadline(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_are_a_number_and_a_unit() {
        for (text, bytes) in [
            ("0", 0),
            ("17", 17),
            ("4k", 4096),
            ("4 KiB", 4096),
            ("64MiB", 64 << 20),
            ("1GB", 1 << 30),
        ] {
            assert_eq!(parse_size(text), Ok(bytes), "{text}");
        }
        for text in ["", "k", "-1", "1.5M", "4 parsecs", "99999999999G"] {
            assert!(parse_size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn metadata_split_at_the_first_colon() {
        let row = parse_header("X-Time:  12:30 ").unwrap();
        assert_eq!((row.key.as_str(), row.value.as_str()), ("X-Time", "12:30"));
        assert!(parse_header("no colon").is_err());
        assert!(
            parse_header(":authority: a")
                .unwrap_err()
                .contains("--authority")
        );
    }

    #[test]
    fn metadata_for_reflection_take_the_place_of_the_calls() {
        let keys = |more: &[&str]| {
            let all = [&["stubless", "list", "localhost:1", "-H", "a: 1"], more].concat();
            let Some(Command::List(list)) = Args::try_parse_from(all).unwrap().command else {
                unreachable!()
            };
            let rows = list.schema.reflection_metadata(&list.metadata).iter();
            rows.map(|row| row.key.clone()).collect::<Vec<_>>()
        };
        assert_eq!(keys(&[]), ["a"]);
        let own = ["--reflect-header", "b: 2", "--reflect-header", "c: 3"];
        assert_eq!(keys(&own), ["b", "c"]);
    }

    #[test]
    fn pings_are_not_too_often() {
        assert_eq!(parse_keepalive("10s"), Ok(Duration::from_secs(10)));
        assert!(parse_keepalive("9s").unwrap_err().contains("10s"));
    }

    #[test]
    fn a_word_that_is_no_command_is_a_workspace() {
        let args = Args::try_parse_from(["stubless", "./call"]).unwrap();
        assert_eq!(args.workspace, Some("./call".into()));
        assert!(args.command.is_none());
    }
}
