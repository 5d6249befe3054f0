//! What was made of source files, kept on disk by their contents.
//!
//! Parsing a tree of thousands of files takes a second on two cores, reading it a tenth of that. So
//! every file is read each time and its SHA-256 asked for; only a file whose contents are known is not
//! parsed again. A cache that is broken, of another version or not there is an empty one.
//!
//! Format: [`MAGIC`], the SHA-256 of the rest, then for each file its SHA-256, the length of its entry
//! (4 bytes, little-endian) and the entry, a protobuf message.

use std::{
    collections::{HashMap, HashSet},
    fs,
    io::{self, Write as _},
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use prost::Message;
use ring::digest::{Context, SHA256};

use super::{
    Origin,
    catalogue::{CallKind, MethodEntry, ServiceEntry, TypeEntry},
    outline::Outline,
    read,
    scan::Header,
    unit::{Hash, Import, Info, Unit},
    wire::{Fields, Value},
};

/// Begins a cache file; the number grows with every change of the format or of what is made of a source.
pub(super) const MAGIC: &[u8; 16] = b"stubless protos2";

/// Cache files that were not written for so long are removed.
const MAX_AGE: Duration = Duration::from_secs(60 * 24 * 3600);

/// Bytes of one entry, and what it lists. It is a few times as much as its file at most.
const MAX_ENTRY_BYTES: usize = 128 * 1024 * 1024;
const MAX_ELEMENTS: usize = 1_000_000;

/// Tag of `Entry.services`.
const SERVICES: u32 = 5;

/// Cache files kept.
const MAX_FILES: usize = 16;

/// Entries by the contents of the files they were made of.
#[derive(Debug, Default)]
pub(super) struct Cache {
    /// Files with the same contents go by different names.
    entries: HashMap<Hash, Vec<Bytes>>,
}

impl Cache {
    /// Reads a cache file; empty where there is none that can be used.
    pub(super) fn open(path: &Path) -> Self {
        let bytes = read::regular_file(path, read::MAX_SET_BYTES).ok();
        Self {
            entries: bytes
                .and_then(|bytes| entries(bytes.into()))
                .unwrap_or_default(),
        }
    }

    /// The entries of some contents, one a name.
    pub(super) fn get(&self, hash: &Hash) -> &[Bytes] {
        self.entries.get(hash).map_or(&[], Vec::as_slice)
    }

    /// How many files it knows.
    pub(super) fn len(&self) -> usize {
        self.entries.values().map(Vec::len).sum()
    }
}

pub(super) fn entries(mut bytes: Bytes) -> Option<HashMap<Hash, Vec<Bytes>>> {
    let mut take = |length: usize| (bytes.len() >= length).then(|| bytes.split_to(length));
    if take(MAGIC.len())? != MAGIC.as_slice() {
        return None;
    }
    let expected = take(size_of::<Hash>())?;
    let mut digest = digest_begun();
    digest.update(&bytes);
    if digest.finish().as_ref() != expected.as_ref() {
        return None;
    }
    let mut entries: HashMap<Hash, Vec<Bytes>> = HashMap::new();
    while !bytes.is_empty() {
        let mut take = |length: usize| (bytes.len() >= length).then(|| bytes.split_to(length));
        let hash = Hash::try_from(take(size_of::<Hash>())?.as_ref()).ok()?;
        let length = <[u8; 4]>::try_from(take(4)?.as_ref()).ok()?;
        let length = usize::try_from(u32::from_le_bytes(length)).ok()?;
        entries.entry(hash).or_default().push(take(length)?);
    }
    Some(entries)
}

/// What one version of the program makes of a source another one may make otherwise.
fn digest_begun() -> Context {
    let mut digest = Context::new(&SHA256);
    digest.update(env!("CARGO_PKG_VERSION").as_bytes());
    digest
}

/// Writes a cache file in place of the one there, and removes those that nobody used for long.
///
/// # Errors
/// What the disk says; the cache is then as it was.
pub(super) fn save(path: &Path, entries: &[(Hash, Bytes)]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let parts = || {
        entries.iter().filter_map(|(hash, entry)| {
            let length = u32::try_from(entry.len()).ok()?;
            Some((hash, length.to_le_bytes(), entry))
        })
    };
    let mut digest = digest_begun();
    for (hash, length, entry) in parts() {
        digest.update(hash);
        digest.update(&length);
        digest.update(entry);
    }
    let file = tempfile::NamedTempFile::new_in(folder)?;
    let mut out = io::BufWriter::new(&file);
    out.write_all(MAGIC)?;
    out.write_all(digest.finish().as_ref())?;
    for (hash, length, entry) in parts() {
        out.write_all(hash)?;
        out.write_all(&length)?;
        out.write_all(entry)?;
    }
    out.flush()?;
    drop(out);
    file.persist(path).map_err(|error| error.error)?;
    prune(folder);
    Ok(())
}

/// Removes old cache files, and the oldest of too many. What cannot be removed stays.
fn prune(folder: &Path) {
    let Ok(files) = fs::read_dir(folder) else {
        return;
    };
    let written = |file: &fs::DirEntry| file.metadata().and_then(|it| it.modified()).ok();
    let mut files: Vec<_> = files
        .flatten()
        .filter_map(|file| Some((written(&file)?, file.path())))
        .collect();
    files.sort_unstable_by(|a, b| b.cmp(a));
    let limit = SystemTime::now().checked_sub(MAX_AGE);
    for (i, (written, path)) in files.into_iter().enumerate() {
        if i >= MAX_FILES || Some(written) < limit {
            let _ = fs::remove_file(path);
        }
    }
}

#[derive(Clone, PartialEq, Message)]
struct Entry {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    package: String,
    #[prost(string, repeated, tag = "3")]
    imports: Vec<String>,
    #[prost(uint32, repeated, tag = "4")]
    public: Vec<u32>,
    #[prost(message, repeated, tag = "5")]
    services: Vec<Service>,
    #[prost(message, repeated, tag = "6")]
    messages: Vec<Type>,
    #[prost(message, repeated, tag = "7")]
    enums: Vec<Type>,
    #[prost(message, repeated, tag = "8")]
    others: Vec<Type>,
    #[prost(string, repeated, tag = "9")]
    extends: Vec<String>,
    #[prost(message, optional, tag = "10")]
    refusal: Option<Type>,
    #[prost(bytes = "bytes", tag = "11")]
    body: Bytes,
}

#[derive(Clone, PartialEq, Message)]
struct Service {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(bool, tag = "2")]
    deprecated: bool,
    #[prost(message, repeated, tag = "3")]
    methods: Vec<Method>,
    #[prost(int32, tag = "4")]
    index: i32,
}

#[derive(Clone, PartialEq, Message)]
struct Method {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(bool, tag = "2")]
    client_streams: bool,
    #[prost(bool, tag = "3")]
    server_streams: bool,
    #[prost(string, tag = "4")]
    input: String,
    #[prost(string, tag = "5")]
    output: String,
    #[prost(bool, tag = "6")]
    deprecated: bool,
}

/// A type, or anything else with a name and a place.
#[derive(Clone, PartialEq, Message)]
struct Type {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(bool, tag = "2")]
    deprecated: bool,
    #[prost(int32, repeated, tag = "3")]
    path: Vec<i32>,
}

/// The entry of a file that was just parsed.
pub(super) fn encode(unit: &Unit) -> Bytes {
    let outline = &unit.outline;
    let public = unit.imports.iter().zip(0..);
    let entry = Entry {
        name: unit.name.clone(),
        package: outline.package.clone(),
        imports: unit.imports.iter().map(|it| it.name.clone()).collect(),
        public: public
            .filter_map(|(import, i)| import.public.then_some(i))
            .collect(),
        services: outline.services.iter().map(|it| service(it)).collect(),
        messages: outline.messages.iter().map(|it| type_of(it)).collect(),
        enums: outline.enums.iter().map(|it| type_of(it)).collect(),
        others: outline
            .others
            .iter()
            .map(|(name, path)| Type {
                name: name.clone(),
                deprecated: false,
                path: path.to_vec(),
            })
            .collect(),
        extends: outline.extends.clone(),
        refusal: outline.refusal.clone().map(|(name, path)| Type {
            name,
            deprecated: false,
            path,
        }),
        body: unit.body.clone(),
    };
    entry.encode_to_vec().into()
}

fn service(service: &ServiceEntry) -> Service {
    let methods = service.methods.iter().map(|method| Method {
        name: method.name.clone(),
        client_streams: method.kind.client_streams(),
        server_streams: method.kind.server_streams(),
        input: method.input.clone(),
        output: method.output.clone(),
        deprecated: method.deprecated,
    });
    Service {
        name: service.name.clone(),
        deprecated: service.deprecated,
        methods: methods.collect(),
        index: service.path.get(1).copied().unwrap_or(0),
    }
}

fn type_of(entry: &TypeEntry) -> Type {
    Type {
        name: entry.full_name.clone(),
        deprecated: entry.deprecated,
        path: entry.path.to_vec(),
    }
}

/// What an entry says of the file's package and imports.
pub(super) fn header(entry: &Bytes) -> Header {
    #[derive(Clone, PartialEq, Message)]
    struct Head {
        #[prost(string, tag = "2")]
        package: String,
        #[prost(string, repeated, tag = "3")]
        imports: Vec<String>,
    }
    let head = Head::decode(entry.clone()).unwrap_or_default();
    Header {
        edition: None,
        package: head.package,
        imports: head.imports,
    }
}

/// The file of an entry, if it goes by that name still. Others may write to the folder: an entry that
/// no file of the sizes taken could have made is none. Its body is looked at when it is built.
pub(super) fn decode(entry: &Bytes, name: &str, path: &Path, hash: Hash) -> Option<Unit> {
    let fields = |bytes| Fields::new(bytes).map_while(Result::ok).take(MAX_ELEMENTS);
    let inner = fields(entry).map(|field| match field.value {
        Value::Bytes(inner) if field.tag == SERVICES => 1 + fields(inner).count(),
        _ => 1,
    });
    if entry.len() > MAX_ENTRY_BYTES || inner.sum::<usize>() >= MAX_ELEMENTS {
        return None;
    }
    let entry = Entry::decode(entry.clone()).ok()?;
    if entry.name != name {
        return None;
    }
    let public: HashSet<u32> = entry.public.into_iter().collect();
    let types = |list: Vec<Type>| list.into_iter().map(type_entry).map(Arc::new).collect();
    let services = entry.services.into_iter();
    let others = entry.others.into_iter();
    let outline = Outline {
        resolved: false,
        services: services
            .map(|service| Arc::new(service_entry(service, &entry.package)))
            .collect(),
        package: entry.package,
        messages: types(entry.messages),
        enums: types(entry.enums),
        others: others
            .filter_map(|it| Some((it.name, it.path.try_into().ok()?)))
            .collect(),
        extends: entry.extends,
        refusal: entry.refusal.map(|it| (it.name, it.path)),
    };
    let imports = entry.imports.into_iter().zip(0_u32..);
    let import = |(name, i)| Import {
        name,
        public: public.contains(&i),
        position: i as usize,
    };
    Some(Unit {
        name: entry.name,
        imports: imports.map(import).collect(),
        missing: Vec::new(),
        told: false,
        outline,
        body: entry.body,
        info: Info::Source {
            path: path.to_owned(),
            hash,
        },
        path: Some(path.to_owned()),
        hash,
        origin: Origin::Given,
    })
}

fn type_entry(entry: Type) -> TypeEntry {
    TypeEntry {
        full_name: entry.name,
        deprecated: entry.deprecated,
        path: entry.path.into(),
    }
}

fn service_entry(service: Service, package: &str) -> ServiceEntry {
    const SERVICE: i32 = 6;
    let full_name = match package {
        "" => service.name.clone(),
        package => format!("{package}.{}", service.name),
    };
    let methods = service.methods.into_iter().map(|method| MethodEntry {
        path: format!("{full_name}/{}", method.name),
        name: method.name,
        kind: CallKind::from_streams(method.client_streams, method.server_streams),
        input: method.input,
        output: method.output,
        deprecated: method.deprecated,
    });
    ServiceEntry {
        methods: methods.collect(),
        name: service.name,
        package: package.to_owned(),
        deprecated: service.deprecated,
        path: [SERVICE, service.index].into(),
        full_name,
    }
}
