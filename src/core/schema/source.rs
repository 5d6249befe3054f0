//! One source file: its contents' hash, and its descriptor as protox parses it.
//!
//! What is broken is told with its place; what is hostile (nesting, numbers of things) is refused before
//! protox sees it.

use std::{
    panic::catch_unwind,
    path::Path,
    sync::{Mutex, PoisonError},
};

use prost_types::{FileDescriptorProto, SourceCodeInfo};
use ring::digest::{SHA256, digest};

use super::{
    burden::{self, Burden},
    candidate::Candidate,
    editions, read,
    scan::{self, place_at},
    unit::Hash,
};

pub(super) fn hash(bytes: &[u8]) -> Hash {
    let mut hash = Hash::default();
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}

/// A file's contents, unless they are no longer those that were compiled.
pub(super) fn unchanged(path: &Path, expected: &Hash) -> Option<Vec<u8>> {
    let bytes = read::regular_file(path, read::MAX_SOURCE_BYTES).ok()?;
    (hash(&bytes) == *expected).then_some(bytes)
}

/// The source locations of a file, unless its contents are no longer those that were compiled.
pub(super) fn locations(path: &Path, name: &str, expected: &Hash) -> Option<SourceCodeInfo> {
    let bytes = unchanged(path, expected)?;
    Some(parse_source(name, &bytes).ok()?.info)
}

/// Parses a source of any syntax or edition; checks nesting before protox sees it. Its options are not
/// interpreted yet.
///
/// # Errors
/// The reason, with its place where the parser tells it.
pub(super) fn parse_source(name: &str, bytes: &[u8]) -> Result<Candidate, ParseFailure> {
    let source = scan::decode_source(bytes);
    let failure = |place, reason| ParseFailure {
        place,
        reason,
        hint: None,
    };
    scan::check_nesting(&source).map_err(|refusal| {
        let place = place_at(&source, refusal.offset);
        failure(Some(place), refusal.reason)
    })?;
    let header = scan::read_header(&source);
    check_imports(&header).map_err(|reason| failure(None, reason))?;
    let _alone =
        (source.len() >= LARGE_BYTES).then(|| LARGE.lock().unwrap_or_else(PoisonError::into_inner));
    let Some((edition, offset)) = header.edition else {
        let parsed = parse(name, &source).or_else(|error| match editions::mend(&source) {
            Some(mended) => parse(name, &mended).map_err(|_| error),
            None => Err(error),
        })?;
        let candidate = Candidate::from_proto(parsed);
        Burden::of(&candidate.body)
            .check()
            .map_err(|reason| failure(None, reason))?;
        return Ok(candidate);
    };
    let Some(rewritten) = editions::rewrite(&source, &edition) else {
        return Err(ParseFailure {
            place: Some(place_at(&source, offset)),
            reason: format!("edition `{edition}` is not known here"),
            hint: Some(EDITIONS_HINT.to_owned()),
        });
    };
    let parsed = parse(name, &rewritten.source)?;
    Candidate::decode(&editions::as_edition(parsed, rewritten.edition))
        .map_err(|reason| failure(None, reason))
}

/// Held while a large file is parsed.
static LARGE: Mutex<()> = Mutex::new(());

/// Refuses imports that are too many or too long to be looked for.
fn check_imports(header: &scan::Header) -> Result<(), String> {
    if header.imports.len() > burden::MAX_IMPORTS {
        return Err(format!(
            "the file imports more than {} others",
            burden::MAX_IMPORTS
        ));
    }
    if header
        .imports
        .iter()
        .any(|name| name.len() > burden::MAX_FILE_NAME)
    {
        return Err(format!(
            "the name of an import is longer than {} bytes",
            burden::MAX_FILE_NAME
        ));
    }
    Ok(())
}

const EDITIONS_HINT: &str =
    "Editions 2023, 2024 and 2026 can be used, and `syntax = \"proto2\"` and \"proto3\"";

/// A file that protox refused.
#[derive(Debug)]
pub(super) struct ParseFailure {
    pub(super) place: Option<(usize, usize)>,
    pub(super) reason: String,
    pub(super) hint: Option<String>,
}

fn parse(name: &str, source: &str) -> Result<FileDescriptorProto, ParseFailure> {
    let parsed = catch_unwind(|| protox::file::File::from_source(name, source));
    let error = match parsed {
        Ok(Ok(file)) => return Ok(file.into()),
        Ok(Err(error)) => error,
        Err(_) => {
            return Err(ParseFailure {
                place: None,
                reason: "the file cannot be parsed (a defect of the parser)".to_owned(),
                hint: None,
            });
        }
    };
    let place = place_in_debug_text(&format!("{error:?}"), name);
    let reason = error.to_string();
    // protox's own words for a bad import are those for a bad group.
    let at_string = place.is_some_and(|place| text_at(source, place).starts_with(['"', '\'']));
    if reason == "invalid group name" && at_string {
        return Err(ParseFailure {
            place,
            reason: "this is not a valid import".to_owned(),
            hint: Some(
                "An import is relative to an import root: no `.`, `..`, `\\` or `//`".to_owned(),
            ),
        });
    }
    let at_end = reason.ends_with("reached end of file");
    Err(ParseFailure {
        place: place.or_else(|| at_end.then(|| place_at(source, source.len()))),
        hint: reason
            .starts_with("expected ';'")
            .then(|| "A `;` may be missing before it".to_owned()),
        reason: reason.replace('\'', "`"),
    })
}

/// protox tells the place of a syntax error only in its debug text, `name:line:column: …`.
fn place_in_debug_text(text: &str, name: &str) -> Option<(usize, usize)> {
    let rest = text.strip_prefix(name)?.strip_prefix(':')?;
    let mut parts = rest.split(':');
    let line = parts.next()?.parse().ok()?;
    let column = parts.next()?.parse().ok()?;
    Some((line, column))
}

fn text_at(source: &str, (line, column): (usize, usize)) -> &str {
    let line = source.lines().nth(line.saturating_sub(1)).unwrap_or("");
    line.char_indices()
        .nth(column.saturating_sub(1))
        .and_then(|(offset, _)| line.get(offset..))
        .unwrap_or("")
}

/// Files from this size on are parsed one at a time: what a parser makes of one may take a hundred times
/// its bytes.
const LARGE_BYTES: usize = 1024 * 1024;
