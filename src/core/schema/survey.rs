//! The questions of one reflection call, without the call: what to ask next, what an answer means.
//!
//! Pure: bytes in, bytes out. Invariants: nothing is asked twice, at most [`MAX_IN_FLIGHT`] questions
//! are open, and no more is kept than the limits allow.
//! Spec: `grpc/reflection/v1/reflection.proto` (v1alpha has the same messages).

mod finish;
pub(super) mod messages;

use std::{
    collections::{HashMap, HashSet, VecDeque},
    hash::{BuildHasher, RandomState},
};

use bytes::Bytes;
use prost::Message as _;

use super::{
    Problem, bundled,
    burden::{self, Burden},
    candidate::Candidate,
    repair,
};
use crate::grpc::Code;
use messages::{Answer, ErrorAnswer, FilesAnswer, Question, Request, Response, ServicesAnswer};

/// Questions open at once; enough to hide the round trip, too few to fill any window.
const MAX_IN_FLIGHT: usize = 32;

/// Files taken from one server.
const MAX_FILES: usize = 20_000;

/// Files or services in one answer.
const MAX_ITEMS: usize = 40_000;

/// Services taken from one server's list.
const MAX_SERVICES: usize = 20_000;

/// Bytes of descriptors taken from one server.
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// Bytes of descriptors that one server may send: many send every file that a service needs again with
/// each service.
const MAX_SENT_BYTES: usize = 1024 * 1024 * 1024;

/// Messages, fields, values and the like in all files. Built, a million of them take
/// 1.7 GB.
const MAX_ELEMENTS: usize = 600_000;

/// Bytes of the full names of all of them.
const MAX_NAME_BYTES: usize = 128 * 1024 * 1024;

/// Places in the source of all files; without those beyond, some comments are missing.
const MAX_LOCATIONS: usize = 1_000_000;

/// Types asked for one by one where a server does not know a file by its name.
const MAX_TYPE_QUESTIONS: usize = 200;

/// Files a server does not know by name whose types are looked for; each time all files are searched.
const MAX_TYPE_SEARCHES: usize = 64;

/// Calls made again because a server ended them where it should have said "not found".
const MAX_RESUMED: usize = 50;

/// One server's schema, as far as it is known.
#[derive(Debug)]
pub(super) struct Survey {
    to_ask: VecDeque<Question>,
    open: VecDeque<Question>,
    asked: HashSet<Question>,
    services: Vec<String>,
    files: Vec<Candidate>,
    names: HashSet<String>,
    /// What the files of an answer import; some of it may come in the same answer.
    imports: Vec<String>,
    /// Files that came, by a hash of their bytes: most come again and again.
    known: HashMap<u64, String>,
    hasher: RandomState,
    /// What the server said instead of describing something.
    refusals: HashMap<Question, String>,
    /// Types that were looked for because a file they may be in is not known by its name.
    sought: HashMap<String, Vec<String>>,
    /// The first file of an answer, by what was asked for.
    first_files: HashMap<Question, String>,
    problems: Vec<Problem>,
    bytes: usize,
    sent_bytes: usize,
    burden: Burden,
    file_questions: usize,
    type_questions: usize,
    type_searches: usize,
    resumed: usize,
    answered: bool,
    /// Whether the call under way gave an answer.
    progress: bool,
}

impl Survey {
    /// Starts with the list of services.
    pub(super) fn new() -> Self {
        let mut survey = Self {
            to_ask: VecDeque::new(),
            open: VecDeque::new(),
            asked: HashSet::new(),
            services: Vec::new(),
            files: Vec::new(),
            names: HashSet::new(),
            imports: Vec::new(),
            known: HashMap::new(),
            hasher: RandomState::new(),
            refusals: HashMap::new(),
            sought: HashMap::new(),
            first_files: HashMap::new(),
            problems: Vec::new(),
            bytes: 0,
            sent_bytes: 0,
            burden: Burden::default(),
            file_questions: 0,
            type_questions: 0,
            type_searches: 0,
            resumed: 0,
            answered: false,
            progress: false,
        };
        survey.ask(Question::ListServices("*".to_owned()));
        survey
    }

    /// The next question to send, if one may be sent now.
    pub(super) fn next_request(&mut self) -> Option<Bytes> {
        if self.open.len() >= MAX_IN_FLIGHT {
            return None;
        }
        let question = loop {
            let question = self.to_ask.pop_front()?;
            // It came with another answer meanwhile.
            match &question {
                Question::FileByFilename(name) if self.names.contains(name) => {}
                _ => break question,
            }
        };
        self.open.push_back(question.clone());
        let request = Request {
            host: String::new(),
            question: Some(question),
        };
        Some(request.encode_to_vec().into())
    }

    /// Whether everything was asked and answered.
    pub(super) fn complete(&self) -> bool {
        self.to_ask.is_empty() && self.open.is_empty()
    }

    /// Whether the server answered anything at all.
    pub(super) fn answered(&self) -> bool {
        self.answered
    }

    /// The services that the server listed.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(super) fn services(&self) -> &[String] {
        &self.services
    }

    /// Whether there is anything to build a schema from.
    pub(super) fn usable(&self) -> bool {
        !self.files.is_empty()
    }

    /// Takes one answer.
    ///
    /// # Errors
    /// Why the server's answers cannot be followed further; what came before stays usable.
    pub(super) fn accept(&mut self, message: &[u8]) -> Result<(), String> {
        if messages::items(message) > MAX_ITEMS {
            return Err(format!(
                "an answer lists more than {MAX_ITEMS} files or services"
            ));
        }
        let response = Response::decode(message)
            .map_err(|error| format!("a message is no reflection response: {error}"))?;
        self.answered = true;
        self.progress = true;
        // Servers answer in order; where they name the question, that counts.
        let named = response.original_request.and_then(|r| r.question);
        let position = named
            .and_then(|named| self.open.iter().position(|question| *question == named))
            .unwrap_or(0);
        let Some(question) = self.open.remove(position) else {
            return Err("the server answers what was not asked".to_owned());
        };
        match response.answer {
            Some(Answer::Services(list)) => self.accept_services(list),
            Some(Answer::Files(list)) => self.accept_files(question, &list),
            Some(Answer::Error(error)) => self.accept_error(question, &error),
            None => self.accept_error(question, &ErrorAnswer::default()),
        }
    }

    /// The server ended the call with questions open. Some (tonic) end it with an error where they
    /// should answer "not found": then that is the answer to the oldest open question. `None` is an end in
    /// good order after some answers. The others are to be asked again on a new call; returns whether
    /// they are worth it.
    pub(super) fn call_ended(&mut self, error: Option<&str>) -> bool {
        let Some(oldest) = self.open.front() else {
            return false;
        };
        let list = matches!(oldest, Question::ListServices(_));
        let in_vain = error.is_none() && !self.progress;
        if list || in_vain || self.resumed >= MAX_RESUMED {
            return false;
        }
        self.resumed += 1;
        let refused = error.and_then(|text| Some((self.open.pop_front()?, text)));
        self.ask_open_again();
        if let Some((question, text)) = refused {
            self.refuse(question, text);
        }
        true
    }

    /// Puts the questions that are open once more, on another call: the one they were asked on is gone.
    pub(super) fn ask_open_again(&mut self) {
        self.progress = false;
        while let Some(unanswered) = self.open.pop_back() {
            self.to_ask.push_front(unanswered);
        }
    }

    /// Notes that the call ended before everything was known.
    pub(super) fn interrupted(&mut self, reason: String) {
        let hint = "What came before that can be used; try again for the rest";
        self.problems
            .push(Problem::new("reflection", reason).hint(hint));
    }

    /// Whether it had not been asked before.
    fn ask(&mut self, question: Question) -> bool {
        let new = self.asked.insert(question.clone());
        if new {
            self.to_ask.push_back(question);
        }
        new
    }

    fn accept_services(&mut self, list: ServicesAnswer) -> Result<(), String> {
        if list.services.len() > MAX_SERVICES {
            return Err(format!(
                "the server lists more than {MAX_SERVICES} services"
            ));
        }
        for service in list.services {
            if self.ask(Question::FileContainingSymbol(service.name.clone())) {
                self.services.push(service.name);
            }
        }
        Ok(())
    }

    /// Takes the files of an answer; the one that was asked for comes first.
    fn accept_files(&mut self, question: Question, list: &FilesAnswer) -> Result<(), String> {
        if list.files.is_empty() {
            return self.accept_error(question, &ErrorAnswer::default());
        }
        let mut first = None;
        for file in &list.files {
            let name = self.accept_file(&question, file)?;
            first = first.or(name);
        }
        if let Some(first) = first {
            self.first_files.insert(question, first);
        }
        for import in std::mem::take(&mut self.imports) {
            if !self.names.contains(&import) && self.ask(Question::FileByFilename(import)) {
                self.file_questions += 1;
            }
        }
        if self.file_questions > MAX_FILES {
            return Err(format!("the files need more than {MAX_FILES} others"));
        }
        Ok(())
    }

    /// Takes one file; gives its name where it can be used.
    fn accept_file(&mut self, question: &Question, bytes: &[u8]) -> Result<Option<String>, String> {
        self.sent_bytes = self.sent_bytes.saturating_add(bytes.len());
        if self.sent_bytes > MAX_SENT_BYTES {
            let limit = MAX_SENT_BYTES / 1024 / 1024;
            return Err(format!("the server sends more than {limit} MiB"));
        }
        let hash = self.hasher.hash_one(bytes);
        if let Some(name) = self.known.get(&hash) {
            return Ok(Some(name.clone()));
        }
        let candidate = match self.decode(question, bytes)? {
            Ok(candidate) => candidate,
            Err(reason) => {
                if self.problems.len() >= MAX_FILES {
                    return Err(format!("more than {MAX_FILES} files are broken"));
                }
                let file = format!("file {} of the server", self.files.len() + 1);
                self.problems.push(Problem::new(file, reason));
                return Ok(None);
            }
        };
        let name = candidate.name.clone();
        self.known.insert(hash, name.clone());
        if !self.names.insert(name.clone()) {
            return Ok(Some(name));
        }
        if self.files.len() >= MAX_FILES {
            return Err(format!("the server sends more than {MAX_FILES} files"));
        }
        let imports = candidate.imports.iter();
        self.imports
            .extend(imports.filter(|name| !bundled::contains(name)).cloned());
        self.files.push(candidate);
        Ok(Some(name))
    }

    /// Reads a file within the limits; the inner error is the file's own.
    fn decode(
        &mut self,
        question: &Question,
        bytes: &[u8],
    ) -> Result<Result<Candidate, String>, String> {
        self.bytes = self.bytes.saturating_add(bytes.len());
        if self.bytes > MAX_BYTES {
            let limit = MAX_BYTES / 1024 / 1024;
            return Err(format!(
                "the server sends more than {limit} MiB of descriptors"
            ));
        }
        let burden = Burden::of(bytes);
        self.burden.add(burden);
        if self.burden.elements > MAX_ELEMENTS {
            return Err(format!(
                "the server's files hold more than {MAX_ELEMENTS} fields, values and methods"
            ));
        }
        if self.burden.name_bytes > MAX_NAME_BYTES {
            let limit = MAX_NAME_BYTES / 1024 / 1024;
            return Err(format!(
                "the names in the server's files take more than {limit} MiB"
            ));
        }
        let candidate = if self.burden.locations > MAX_LOCATIONS {
            self.burden.locations -= burden.locations;
            Candidate::decode(&burden::without_locations(bytes))
        } else {
            Candidate::decode(bytes)
        };
        Ok(match candidate {
            Ok(nameless) if nameless.name.is_empty() => {
                Candidate::decode(&burden::named(bytes, &self.name_for(question)))
            }
            candidate => candidate,
        })
    }

    /// The name of a file that has none: the one it was asked for by, or made of the symbol.
    fn name_for(&self, question: &Question) -> String {
        let name = match question {
            Question::FileByFilename(name) => name.clone(),
            Question::FileContainingSymbol(symbol) => {
                format!("{}.proto", symbol.replace('.', "/"))
            }
            Question::ListServices(_) => String::new(),
        };
        if self.names.contains(&name) || bundled::contains(&name) {
            format!("unnamed/{}.proto", self.files.len() + 1)
        } else {
            name
        }
    }

    fn accept_error(&mut self, question: Question, error: &ErrorAnswer) -> Result<(), String> {
        let code = u32::try_from(error.code).map(Code).ok();
        let code = code.filter(|&code| code != Code::OK).and_then(Code::name);
        let text = match (code, error.message.as_str()) {
            (None, "") => "the server gave no reason".to_owned(),
            (None, message) => message.to_owned(),
            (Some(code), "") => code.to_owned(),
            (Some(code), message) => format!("{code}: {message}"),
        };
        if matches!(question, Question::ListServices(_)) {
            return Err(format!("no list of services: {text}"));
        }
        self.refuse(question, &text);
        Ok(())
    }

    fn refuse(&mut self, question: Question, text: &str) {
        // A file the server does not know by name may be known by what is in it.
        if let Question::FileByFilename(name) = &question
            && self.type_questions < MAX_TYPE_QUESTIONS
            && self.type_searches < MAX_TYPE_SEARCHES
        {
            self.type_searches += 1;
            let types = self.types_wanted_from(name);
            for symbol in &types {
                if self.type_questions < MAX_TYPE_QUESTIONS {
                    self.type_questions += 1;
                    self.ask(Question::FileContainingSymbol(symbol.clone()));
                }
            }
            self.sought.insert(name.clone(), types);
        }
        self.refusals.insert(question, text.to_owned());
    }

    fn types_wanted_from(&self, name: &String) -> Vec<String> {
        let importers = self.files.iter().filter(|file| file.imports.contains(name));
        repair::undefined_types(&importers.collect::<Vec<_>>(), &self.files)
    }
}

#[cfg(test)]
mod tests;
