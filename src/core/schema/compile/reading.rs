//! Reading the files of a walk, on every core there is.

use std::{
    num::NonZero,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use bytes::Bytes;

use super::MAX_TOTAL_BYTES;
use crate::schema::{
    Problem,
    cache::{self, Cache},
    read, scan,
    source::{hash, parse_source},
    unit::{Hash, Unit},
};

/// More threads than this wait for memory.
const MAX_THREADS: usize = 8;

/// Parsers descend with what they parse; the check of nesting allows for it.
const STACK_BYTES: usize = 16 * 1024 * 1024;

/// A file that was found and waits to be read.
pub(super) struct Found {
    pub(super) path: PathBuf,
    pub(super) name: String,
    /// Roots to try first for its imports; empty when roots were given.
    pub(super) own_roots: Vec<PathBuf>,
    /// What the cache has of it, if it was looked up already.
    pub(super) known: Option<Known>,
}

/// A file whose contents the cache knows.
pub(super) struct Known {
    pub(super) hash: Hash,
    pub(super) entries: Vec<Bytes>,
    /// Its size.
    pub(super) bytes: usize,
}

/// What a file says before it says anything else.
#[derive(Default)]
pub(super) struct Head {
    pub(super) header: scan::Header,
    /// The file's size.
    pub(super) bytes: usize,
    pub(super) known: Option<Known>,
}

/// What became of one file.
pub(super) struct ReadFile {
    /// Its size.
    pub(super) bytes: usize,
    pub(super) unit: Result<Unit, Box<Problem>>,
    /// It is there, and the parser does not take it.
    pub(super) unparsed: bool,
    /// What the cache is to hold of it.
    pub(super) entry: Option<CacheEntry>,
}

pub(super) struct CacheEntry {
    pub(super) hash: Hash,
    pub(super) bytes: Bytes,
    pub(super) fresh: bool,
}

/// Does something with each of a list, on every core there is.
pub(super) fn in_parallel<T: Sync, U: Send>(list: &[T], work: impl Fn(&T) -> U + Sync) -> Vec<U> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let threads = threads.min(MAX_THREADS).min(list.len().div_ceil(4));
    if threads < 2 {
        return list.iter().map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let share = || {
        let mut done = Vec::new();
        while let at = next.fetch_add(1, Ordering::Relaxed)
            && let Some(item) = list.get(at)
        {
            done.push((at, work(item)));
        }
        done
    };
    let mut done: Vec<_> = thread::scope(|scope| {
        let builder = || thread::Builder::new().stack_size(STACK_BYTES);
        let others: Vec<_> = (1..threads)
            .filter_map(|_| builder().spawn_scoped(scope, share).ok())
            .collect();
        let mut done = share();
        for other in others {
            // A panic is caught where it may happen, in the parser.
            done.extend(other.join().unwrap_or_default());
        }
        done
    });
    done.sort_unstable_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

/// The head of a file, as far as it can be read; from the cache, where that knows its contents.
pub(super) fn read_head(path: &Path, cache: Option<&Cache>) -> Head {
    let Ok(bytes) = read::regular_file(path, read::MAX_SOURCE_BYTES) else {
        return Head::default();
    };
    if let Some(cache) = cache.filter(|cache| cache.len() > 0) {
        let hash = hash(&bytes);
        let entries = cache.get(&hash);
        if let Some(entry) = entries.first() {
            return Head {
                header: cache::header(entry),
                bytes: bytes.len(),
                known: Some(Known {
                    hash,
                    entries: entries.to_vec(),
                    bytes: bytes.len(),
                }),
            };
        }
    }
    Head {
        header: scan::read_head(&scan::decode_source(&bytes)),
        bytes: bytes.len(),
        known: None,
    }
}

pub(super) fn read_file(found: &Found, cache: Option<&Cache>) -> ReadFile {
    if let Some(known) = &found.known
        && let Some(read) = from_cache(found, known.hash, &known.entries, known.bytes)
    {
        return read;
    }
    let bytes = match read::regular_file(&found.path, read::MAX_SOURCE_BYTES) {
        Ok(bytes) => bytes,
        Err(reason) => {
            return ReadFile {
                bytes: 0,
                unit: Err(Box::new(refuse(found, None, reason, None))),
                unparsed: false,
                entry: None,
            };
        }
    };
    let hash = hash(&bytes);
    if let Some(cache) = cache
        && let Some(read) = from_cache(found, hash, cache.get(&hash), bytes.len())
    {
        return read;
    }
    let unit = parse_source(&found.name, &bytes).map(|candidate| {
        let mut unit = Unit::seal(candidate);
        unit.hash = hash;
        unit.path = Some(found.path.clone());
        unit
    });
    let entry = unit.as_ref().ok().filter(|_| cache.is_some());
    ReadFile {
        bytes: bytes.len(),
        unparsed: unit.is_err(),
        entry: entry.map(|unit| CacheEntry {
            hash,
            bytes: cache::encode(unit),
            fresh: true,
        }),
        unit: unit.map_err(|error| Box::new(refuse(found, error.place, error.reason, error.hint))),
    }
}

/// A file that is not read since those before it were too much.
pub(super) fn beyond_total(found: &Found) -> ReadFile {
    let limit = MAX_TOTAL_BYTES / 1024 / 1024;
    let reason = format!("all files together have more than {limit} MiB");
    ReadFile {
        bytes: 0,
        unit: Err(Box::new(refuse(found, None, reason, None))),
        unparsed: false,
        entry: None,
    }
}

/// What the cache has of a file, if that goes by the same name still.
fn from_cache(found: &Found, hash: Hash, entries: &[Bytes], bytes: usize) -> Option<ReadFile> {
    let (entry, unit) = entries.iter().find_map(|entry| {
        let unit = cache::decode(entry, &found.name, &found.path, hash)?;
        Some((entry, unit))
    })?;
    Some(ReadFile {
        bytes,
        unit: Ok(unit),
        unparsed: false,
        entry: Some(CacheEntry {
            hash,
            bytes: entry.clone(),
            fresh: false,
        }),
    })
}

pub(super) fn refuse(
    found: &Found,
    place: Option<(usize, usize)>,
    reason: String,
    hint: Option<String>,
) -> Problem {
    let problem = Problem::new(&found.name, reason).at(place);
    Problem { hint, ..problem }
}
