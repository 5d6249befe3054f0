//! A request as it is being edited: `Draft` → `CallSpec` (as asked for) → `Transcript` (as happened).

use std::{
    cell::RefCell,
    path::{Path, PathBuf},
};

use stubless_core::{
    call::Fix,
    grpc::Address,
    message::{Document, DocumentId},
    workspace::{
        CallSettings, CompareSettings, Inherited, MessageText, MetadataRow, RequestFile,
        TargetSettings,
    },
};

use super::Unread;

/// A request being edited, and what it was when it was last read or saved.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    /// Name shown on the tab and in the tree.
    pub name: String,
    /// `pkg.Service/Method`, empty until one is chosen.
    pub method: String,
    /// Target in place of the workspace's.
    pub target: Option<String>,
    /// How it is reached.
    pub settings: TargetSettings,
    /// How the call is made.
    pub call: CallSettings,
    /// How its responses are compared.
    pub compare: CompareSettings,
    /// Metadata rows, disabled ones too.
    pub metadata: Vec<MetadataRow>,
    /// Deadline in milliseconds; `None` waits for ever.
    pub deadline_ms: Option<u64>,
    /// Settings as typed that cannot be read; the values are those from before.
    pub unread: Unread,
    /// The server that buttons of error cards set something for, and what they set.
    pub mended: Option<Mended>,
    /// The messages, at least one.
    pub messages: Vec<Document>,
    /// Notes, Markdown.
    pub docs: String,
    /// The file it is saved in, relative to the workspace; `None` until it is saved once.
    pub path: Option<PathBuf>,
    /// What was last read or saved; of an unsaved draft, what it began with.
    base: RequestFile,
    /// Whether the messages are those of `base`, for the texts it was last asked of.
    compared: RefCell<Compared>,
}

/// An answer, and the revisions of the messages it holds for. Asked for every frame, of texts of any size.
#[derive(Debug, Clone, Default)]
struct Compared {
    revisions: Vec<(DocumentId, u64)>,
    same: Option<bool>,
}

/// Settings about one server's certificate that a button of an error card made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mended {
    /// The server, as dialled.
    pub address: Address,
    /// Target as written, for people.
    pub target: String,
    /// What was pressed.
    pub fixes: Vec<Fix>,
}

impl Draft {
    /// Notes that a button set something about the certificate of one server.
    pub fn note_mended(&mut self, address: Address, target: &str, fix: Fix) {
        match &mut self.mended {
            Some(mended) if mended.address == address => mended.fixes.push(fix),
            mended => {
                *mended = Some(Mended {
                    address,
                    target: target.to_owned(),
                    fixes: vec![fix],
                });
            }
        }
    }

    /// Another server is the target now: what was set for the one before goes, unless it was changed
    /// since. Gives that one's target if something went.
    pub fn drop_mended(&mut self, address: &Address) -> Option<String> {
        let mended = self.mended.take_if(|it| it.address != *address)?;
        let settings = &mut self.settings;
        let before = settings.clone();
        for fix in &mended.fixes {
            match fix {
                Fix::TrustCertificate(pin) => {
                    let pin = pin.to_string();
                    settings.pinned_certificate.take_if(|it| *it == pin);
                }
                Fix::UseServerName(name) => {
                    settings.server_name.take_if(|it| it == name);
                }
                Fix::SkipVerification => {
                    settings.insecure_skip_verify.take_if(|skip| *skip);
                }
                _ => {}
            }
        }
        (*settings != before).then_some(mended.target)
    }

    /// Opens a saved request.
    pub fn of_file(path: PathBuf, file: &RequestFile) -> Self {
        let mut draft = Self {
            path: Some(path),
            ..Self::default()
        };
        draft.take(file);
        draft
    }

    /// A new request that is in no file yet.
    pub fn unsaved(file: &RequestFile) -> Self {
        let mut draft = Self::default();
        draft.take(file);
        draft
    }

    /// Replaces everything typed by what a file holds.
    pub fn take(&mut self, file: &RequestFile) {
        self.name.clone_from(&file.name);
        self.method.clone_from(&file.method);
        self.target.clone_from(&file.target);
        self.settings = file.settings.clone();
        self.call = file.call.clone();
        self.compare = file.compare.clone();
        self.metadata.clone_from(&file.metadata);
        self.deadline_ms = file.deadline_ms;
        self.unread.clear();
        self.mended = None;
        self.docs.clone_from(&file.docs);
        self.messages = file
            .messages
            .iter()
            .map(|m| Document::new(m.0.as_str()))
            .collect();
        self.set_base(file.clone());
        if self.messages.is_empty() {
            // Every editor has a message to show; an empty text is an empty message on the wire.
            self.messages.push(Document::new(""));
        }
    }

    /// What was last read or saved; of an unsaved draft, what it began with.
    pub fn base(&self) -> &RequestFile {
        &self.base
    }

    /// It was read or saved again.
    pub fn set_base(&mut self, file: RequestFile) {
        self.base = file;
        self.compared.get_mut().same = None;
    }

    /// Its file was given another name.
    pub fn rename_base(&mut self, name: &str) {
        name.clone_into(&mut self.base.name);
    }

    /// The request as it would be saved now.
    pub fn to_file(&self) -> RequestFile {
        let untouched = self.base.messages.is_empty() && self.only_empty_message();
        RequestFile {
            name: self.name.clone(),
            method: self.method.clone(),
            target: self.target.clone(),
            settings: self.settings.clone(),
            call: self.call.clone(),
            compare: self.compare.clone(),
            metadata: self.metadata.clone(),
            deadline_ms: self.deadline_ms,
            messages: if untouched {
                Vec::new()
            } else {
                let texts = self.messages.iter();
                texts.map(|m| MessageText(m.text().to_owned())).collect()
            },
            docs: self.docs.clone(),
        }
    }

    /// Whether something differs from what was last read or saved. Copies nothing, and compares messages
    /// only once they changed: asked every frame.
    pub fn is_dirty(&self) -> bool {
        let base = &self.base;
        self.name != base.name
            || self.method != base.method
            || self.target != base.target
            || self.settings != base.settings
            || self.call != base.call
            || self.compare != base.compare
            || self.metadata != base.metadata
            || self.deadline_ms != base.deadline_ms
            || !self.unread.is_empty()
            || self.docs != base.docs
            || !self.messages_match()
    }

    fn only_empty_message(&self) -> bool {
        matches!(self.messages.as_slice(), [only] if only.text().is_empty())
    }

    fn messages_match(&self) -> bool {
        let mut compared = self.compared.borrow_mut();
        let revisions = || self.messages.iter().map(|m| (m.id(), m.revision()));
        if let Some(same) = compared.same
            && compared.revisions.iter().copied().eq(revisions())
        {
            return same;
        }
        let same = self.compare_messages();
        compared.revisions.clear();
        compared.revisions.extend(revisions());
        compared.same = Some(same);
        same
    }

    fn compare_messages(&self) -> bool {
        let base = &self.base.messages;
        if base.is_empty() && self.only_empty_message() {
            return true;
        }
        base.len() == self.messages.len()
            && base
                .iter()
                .zip(&self.messages)
                .all(|(a, b)| a.0 == b.text())
    }

    /// What is in force for a call: its own target, settings and metadata over what it inherits.
    /// Rows that are still empty are left out.
    pub fn effective(&self, above: &Inherited) -> Inherited {
        let rows = self.metadata.iter();
        let typed: Vec<MetadataRow> = rows
            .filter(|row| !(row.key.is_empty() && row.value.is_empty()))
            .cloned()
            .collect();
        above.with(self.target.as_deref(), &self.settings, &self.call, &typed)
    }

    /// The path whose folders it inherits from: its file's, or where it would be saved.
    pub fn place(&self) -> &Path {
        let unsaved = Path::new("requests/unsaved.json");
        self.path.as_deref().unwrap_or(unsaved)
    }

    /// The method's name alone, for titles.
    pub fn method_name(&self) -> &str {
        self.method.rsplit('/').next().unwrap_or(&self.method)
    }

    /// What the tab shows: the name, else the method, else that it is new.
    pub fn title(&self) -> &str {
        if !self.name.is_empty() {
            &self.name
        } else if !self.method.is_empty() {
            self.method_name()
        } else {
            "New request"
        }
    }
}
