//! The questions of one reflection call, without the call: what to ask next, what an answer means.
//!
//! Pure: bytes in, bytes out. Invariants: nothing is asked twice, at most [`MAX_IN_FLIGHT`] questions
//! are open, and no more is kept than the limits allow.
//! Spec: `grpc/reflection/v1/reflection.proto` (v1alpha has the same messages).

use std::collections::{HashMap, HashSet, VecDeque};

use bytes::Bytes;
use prost::Message;

use super::{Loaded, Problem, assemble::assemble, bundled, candidate::Candidate, repair};

/// Questions open at once; enough to hide the round trip, too few to fill any window.
const MAX_IN_FLIGHT: usize = 32;

/// Files taken from one server.
const MAX_FILES: usize = 20_000;

/// Services taken from one server's list.
const MAX_SERVICES: usize = 20_000;

/// Bytes of descriptors taken from one server.
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// Types asked for one by one where a server does not know a file by its name.
const MAX_TYPE_QUESTIONS: usize = 200;

/// Files a server does not know by name whose types are looked for; each time all files are searched.
const MAX_TYPE_SEARCHES: usize = 64;

/// Calls made again because a server ended them where it should have said "not found".
const MAX_RESUMED: usize = 50;

#[derive(Clone, PartialEq, Message)]
pub(super) struct Request {
    #[prost(string, tag = "1")]
    pub(super) host: String,
    #[prost(oneof = "Question", tags = "3, 4, 7")]
    pub(super) question: Option<Question>,
}

#[derive(Clone, PartialEq, Eq, Hash, prost::Oneof)]
pub(super) enum Question {
    #[prost(string, tag = "3")]
    FileByFilename(String),
    #[prost(string, tag = "4")]
    FileContainingSymbol(String),
    #[prost(string, tag = "7")]
    ListServices(String),
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Response {
    #[prost(message, optional, tag = "2")]
    pub(super) original_request: Option<Request>,
    #[prost(oneof = "Answer", tags = "4, 6, 7")]
    pub(super) answer: Option<Answer>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub(super) enum Answer {
    #[prost(message, tag = "4")]
    Files(FilesAnswer),
    #[prost(message, tag = "6")]
    Services(ServicesAnswer),
    #[prost(message, tag = "7")]
    Error(ErrorAnswer),
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct FilesAnswer {
    #[prost(bytes = "bytes", repeated, tag = "1")]
    pub(super) files: Vec<Bytes>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct ServicesAnswer {
    #[prost(message, repeated, tag = "1")]
    pub(super) services: Vec<ServiceName>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct ServiceName {
    #[prost(string, tag = "1")]
    pub(super) name: String,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct ErrorAnswer {
    #[prost(int32, tag = "1")]
    pub(super) code: i32,
    #[prost(string, tag = "2")]
    pub(super) message: String,
}

/// One server's schema, as far as it is known.
#[derive(Debug)]
pub(super) struct Survey {
    to_ask: VecDeque<Question>,
    open: VecDeque<Question>,
    asked: HashSet<Question>,
    services: Vec<String>,
    files: Vec<Candidate>,
    names: HashSet<String>,
    /// What the server said instead of describing something.
    refusals: HashMap<Question, String>,
    problems: Vec<Problem>,
    bytes: usize,
    type_questions: usize,
    type_searches: usize,
    resumed: usize,
    answered: bool,
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
            refusals: HashMap::new(),
            problems: Vec::new(),
            bytes: 0,
            type_questions: 0,
            type_searches: 0,
            resumed: 0,
            answered: false,
        };
        survey.ask(Question::ListServices("*".to_owned()));
        survey
    }

    /// The next question to send, if one may be sent now.
    pub(super) fn next_request(&mut self) -> Option<Bytes> {
        if self.open.len() >= MAX_IN_FLIGHT {
            return None;
        }
        let question = self.to_ask.pop_front()?;
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

    /// Whether there is anything to build a schema from.
    pub(super) fn usable(&self) -> bool {
        !self.files.is_empty()
    }

    /// Takes one answer.
    ///
    /// # Errors
    /// Why the server's answers cannot be followed further; what came before stays usable.
    pub(super) fn accept(&mut self, message: &[u8]) -> Result<(), String> {
        let response = Response::decode(message)
            .map_err(|error| format!("a message is no reflection response: {error}"))?;
        self.answered = true;
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
            Some(Answer::Files(list)) => {
                for file in &list.files {
                    self.accept_file(file)?;
                }
                Ok(())
            }
            Some(Answer::Error(error)) => self.accept_error(question, &error),
            None => self.accept_error(question, &ErrorAnswer::default()),
        }
    }

    /// The call ended with an error of the server's own. Some servers (tonic) end it where they
    /// should answer "not found": then that is the answer to the oldest open question, and the
    /// others are to be asked again on a new call. Returns whether they are worth it.
    pub(super) fn call_ended(&mut self, text: &str) -> bool {
        let Some(question) = self.open.pop_front() else {
            return false;
        };
        let list = matches!(question, Question::ListServices(_));
        if list || self.resumed >= MAX_RESUMED {
            self.open.push_front(question);
            return false;
        }
        self.resumed += 1;
        while let Some(unanswered) = self.open.pop_back() {
            self.to_ask.push_front(unanswered);
        }
        self.refuse(question, text);
        true
    }

    /// Notes that the call ended before everything was known.
    pub(super) fn interrupted(&mut self, reason: String) {
        self.problems.push(Problem {
            file: "reflection".to_owned(),
            place: None,
            reason,
            hint: Some("What came before that can be used; try again for the rest".to_owned()),
            ..Problem::default()
        });
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

    fn accept_file(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.bytes = self.bytes.saturating_add(bytes.len());
        if self.bytes > MAX_BYTES {
            let limit = MAX_BYTES / 1024 / 1024;
            return Err(format!("the server sends more than {limit} MiB"));
        }
        let candidate = match Candidate::decode(bytes) {
            Ok(candidate) => candidate,
            Err(reason) => {
                self.problems.push(Problem {
                    file: format!("file {} of the server", self.files.len() + 1),
                    place: None,
                    reason,
                    hint: None,
                    ..Problem::default()
                });
                return Ok(());
            }
        };
        if !self.names.insert(candidate.name.clone()) {
            return Ok(());
        }
        if self.files.len() >= MAX_FILES {
            return Err(format!("the server sends more than {MAX_FILES} files"));
        }
        for import in &candidate.imports {
            if !bundled::contains(import) && !self.names.contains(import) {
                self.ask(Question::FileByFilename(import.clone()));
            }
        }
        self.files.push(candidate);
        Ok(())
    }

    fn accept_error(&mut self, question: Question, error: &ErrorAnswer) -> Result<(), String> {
        let text = match error.message.as_str() {
            "" => "the server gave no reason",
            message => message,
        };
        if matches!(question, Question::ListServices(_)) {
            return Err(format!("no list of services: {text}"));
        }
        self.refuse(question, text);
        Ok(())
    }

    fn refuse(&mut self, question: Question, text: &str) {
        // A file the server does not know by name may be known by what is in it.
        if let Question::FileByFilename(name) = &question
            && self.type_questions < MAX_TYPE_QUESTIONS
            && self.type_searches < MAX_TYPE_SEARCHES
        {
            self.type_searches += 1;
            for symbol in self.types_wanted_from(name) {
                if self.type_questions < MAX_TYPE_QUESTIONS {
                    self.type_questions += 1;
                    self.ask(Question::FileContainingSymbol(symbol));
                }
            }
        }
        self.refusals.insert(question, text.to_owned());
    }

    fn types_wanted_from(&self, name: &String) -> Vec<String> {
        let importers = self.files.iter().filter(|file| file.imports.contains(name));
        repair::undefined_types(&importers.collect::<Vec<_>>(), &self.files)
    }

    /// Builds the schema. CPU work: call it on a worker thread.
    pub(super) fn finish(mut self) -> Loaded {
        // A file that was asked for and came by another name is found by its types.
        repair::mend_imports(&mut self.files);
        let mut loaded = assemble(self.files, HashSet::new(), self.problems);
        for service in self.services {
            if loaded.schema.pool().get_service_by_name(&service).is_some() {
                continue;
            }
            let question = Question::FileContainingSymbol(service.clone());
            let reason = match self.refusals.get(&question) {
                Some(text) => {
                    format!("the server lists this service but does not describe it: {text}")
                }
                None => "the server lists this service, but its files cannot be used".to_owned(),
            };
            loaded.problems.push(Problem {
                file: service,
                place: None,
                reason,
                hint: Some("Add the service's `.proto` files to the sources".to_owned()),
                ..Problem::default()
            });
        }
        loaded
    }
}

#[cfg(test)]
mod tests;
