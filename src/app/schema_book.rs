//! All schemas the window knows: one of the workspace's files, one a target that was asked.

use stubless_core::{
    call::Failure,
    engine::SchemaId,
    schema::{CallKind, Loaded, Problem, Schema},
    workspace::TargetSettings,
};

use super::DocsPlace;

/// Answers of this many targets are kept.
const KEPT_TARGETS: usize = 16;

/// What makes two reflections the same: where, and how it is reached. Variables are expanded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReflectKey {
    /// Target with variables expanded.
    pub target: String,
    /// How it is reached.
    pub settings: TargetSettings,
}

/// A schema that is or was asked for. While it is asked for again, the one before stays usable.
#[derive(Debug, Clone, Default)]
pub enum SchemaSlot {
    /// Nothing was asked for.
    #[default]
    Empty,
    /// Asked for; `before` is what was there.
    Loading {
        /// The question; an answer to another one is dropped.
        id: SchemaId,
        /// The schema until then.
        before: Option<Box<Loaded>>,
    },
    /// It is there, with the problems of what could not be read.
    Ready {
        /// Schema and problems.
        loaded: Box<Loaded>,
    },
    /// It could not be had.
    Failed {
        /// Why.
        failure: Box<Failure>,
        /// The schema that was there before, still usable.
        before: Option<Box<Loaded>>,
    },
}

impl SchemaSlot {
    /// What is usable now.
    pub fn loaded(&self) -> Option<&Loaded> {
        match self {
            Self::Empty => None,
            Self::Ready { loaded, .. } => Some(loaded),
            Self::Loading { before, .. } | Self::Failed { before, .. } => before.as_deref(),
        }
    }

    /// The schema usable now.
    pub fn schema(&self) -> Option<&Schema> {
        self.loaded().map(|loaded| &loaded.schema)
    }

    /// What could not be read.
    pub fn problems(&self) -> &[Problem] {
        self.loaded().map_or(&[], |loaded| &loaded.problems)
    }

    /// Whether an answer is awaited.
    pub fn is_loading(&self) -> bool {
        matches!(self, Self::Loading { .. })
    }

    /// Why there is none.
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Failed { failure, .. } => Some(failure),
            Self::Empty | Self::Loading { .. } | Self::Ready { .. } => None,
        }
    }

    /// Waits for the answer to `id`.
    pub fn begin(&mut self, id: SchemaId) {
        let before = match std::mem::take(self) {
            Self::Empty => None,
            Self::Ready { loaded, .. } => Some(loaded),
            Self::Loading { before, .. } | Self::Failed { before, .. } => before,
        };
        *self = Self::Loading { id, before };
    }

    pub(super) fn awaits(&self, asked: SchemaId) -> bool {
        matches!(self, Self::Loading { id, .. } if *id == asked)
    }

    fn fail(&mut self, failure: Box<Failure>) {
        let before = match std::mem::take(self) {
            Self::Loading { before, .. } => before,
            Self::Empty | Self::Ready { .. } | Self::Failed { .. } => None,
        };
        *self = Self::Failed { failure, before };
    }
}

/// Where a schema in the book comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SchemaGroup {
    /// The workspace's files.
    Files,
    /// The answer of the target at hand.
    Target,
}

/// All schemas of the window.
#[derive(Debug, Default)]
pub struct SchemaBook {
    /// The workspace's files.
    pub files: SchemaSlot,
    /// What the files gave before one of them could no longer be read: a form does not vanish while its
    /// file is half-written.
    files_before: Option<Schema>,
    /// Whether the engine watches the files' sources.
    pub(super) watched: bool,
    reflections: Vec<(ReflectKey, SchemaSlot)>,
    revision: u64,
    /// Symbols that are being built.
    preparing: Vec<(Schema, String)>,
}

impl SchemaBook {
    /// Grows with every change, so that lists made from the book know when they are stale.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Says that something in the book was changed from outside.
    pub fn touch(&mut self) {
        self.revision += 1;
    }

    /// Notes that a symbol is being built; `false` when it was noted already.
    pub fn preparing(&mut self, schema: &Schema, symbol: &str) -> bool {
        let known = |(of, name): &(Schema, String)| of.is_same(schema) && name == symbol;
        let new = !self.preparing.iter().any(known);
        if new {
            self.preparing.push((schema.clone(), symbol.to_owned()));
        }
        new
    }

    /// Forgets that symbols of a name are being built.
    pub fn not_prepared(&mut self, symbol: &str) {
        self.preparing.retain(|(_, name)| name != symbol);
    }

    /// A symbol was built; what is wrong with its files is added to what is known of the schema.
    pub fn prepared(&mut self, schema: &Schema, symbol: &str, problems: &[Problem]) {
        self.revision += 1;
        self.preparing
            .retain(|(of, name)| !(of.is_same(schema) && name == symbol));
        let slots = self.reflections.iter_mut().map(|(_, slot)| slot);
        for slot in slots.chain([&mut self.files]) {
            if let SchemaSlot::Ready { loaded } = slot
                && loaded.schema.is_same(schema)
            {
                let known = &mut loaded.problems;
                for problem in problems {
                    if !known.contains(problem) {
                        known.push(problem.clone());
                    }
                }
            }
        }
    }

    /// What is known of a target.
    pub fn target(&self, key: &ReflectKey) -> Option<&SchemaSlot> {
        self.reflections
            .iter()
            .find(|(k, _)| k == key)
            .map(|(_, slot)| slot)
    }

    /// Whether nothing is known of a target because nothing was asked of it.
    pub fn was_not_asked(&self, key: &ReflectKey) -> bool {
        matches!(self.target(key), None | Some(SchemaSlot::Empty))
    }

    /// The slot of a target, made when it is not there; the one asked longest ago makes room.
    pub fn target_mut(&mut self, key: &ReflectKey) -> &mut SchemaSlot {
        self.revision += 1;
        let entry = match self.reflections.iter().position(|(k, _)| k == key) {
            Some(at) => self.reflections.remove(at),
            None => (key.clone(), SchemaSlot::Empty),
        };
        if self.reflections.len() >= KEPT_TARGETS {
            self.reflections.remove(0);
        }
        self.reflections.push(entry);
        let last = self.reflections.len() - 1;
        &mut self.reflections[last].1
    }

    /// Forgets everything: another workspace is open.
    pub fn clear(&mut self) {
        self.files = SchemaSlot::Empty;
        self.files_before = None;
        self.reflections.clear();
        self.preparing.clear();
        self.revision += 1;
    }

    fn awaiting(&mut self, id: SchemaId) -> Option<&mut SchemaSlot> {
        self.revision += 1;
        std::iter::once(&mut self.files)
            .chain(self.reflections.iter_mut().map(|(_, slot)| slot))
            .find(|slot| slot.awaits(id))
    }

    /// The target that a question was put to; `None` for files, and when nobody waits for the answer.
    pub fn asked_as(&self, id: SchemaId) -> Option<&ReflectKey> {
        let mut targets = self.reflections.iter();
        targets
            .find(|(_, slot)| slot.awaits(id))
            .map(|(key, _)| key)
    }

    /// Takes an answer; `false` when nobody waits for it any more.
    pub fn loaded(&mut self, id: SchemaId, loaded: Box<Loaded>) -> bool {
        if self.files.awaits(id) {
            let broken = !loaded.problems.is_empty();
            let known = [self.files.schema().cloned(), self.files_before.take()];
            let mut known = known.into_iter().flatten();
            self.files_before = known.find(|before| broken && has_more(before, &loaded.schema));
        }
        let Some(slot) = self.awaiting(id) else {
            return false;
        };
        *slot = SchemaSlot::Ready { loaded };
        true
    }

    /// Takes a failure; `false` when nobody waits for it any more.
    pub fn failed(&mut self, id: SchemaId, failure: Box<Failure>) -> bool {
        let Some(slot) = self.awaiting(id) else {
            return false;
        };
        slot.fail(failure);
        true
    }

    /// The schema that has a method: the files', then the target's.
    pub fn own_schema_of(&self, method: &str, target: Option<&ReflectKey>) -> Option<&Schema> {
        let reflected = target
            .and_then(|key| self.target(key))
            .and_then(SchemaSlot::schema);
        [self.files.schema(), reflected]
            .into_iter()
            .flatten()
            .find(|schema| schema.catalogue().method(method).is_some())
    }

    /// The same; of files that can no longer be read, what they gave before. While the target's own schema
    /// is not to be had, another target's, the one asked last first: a form does not vanish because the
    /// next server is down or has no reflection.
    pub fn schema_of(&self, method: &str, target: Option<&ReflectKey>) -> Option<&Schema> {
        let own = self.own_schema_of(method, target).or_else(|| {
            let before = self.files_before.as_ref()?;
            before.catalogue().method(method).map(|_| before)
        });
        let answered = target
            .and_then(|key| self.target(key))
            .is_some_and(|slot| matches!(slot, SchemaSlot::Ready { .. }));
        if own.is_some() || answered {
            return own;
        }
        self.reflections
            .iter()
            .rev()
            .filter_map(|(_, slot)| slot.schema())
            .find(|schema| schema.catalogue().method(method).is_some())
    }

    /// The schema that has a symbol: the one it was found in, or another that has it, too.
    pub fn schema_with(&self, place: &DocsPlace, target: Option<&ReflectKey>) -> Option<&Schema> {
        let files = self.files.schema();
        let reflected = target
            .and_then(|key| self.target(key))
            .and_then(SchemaSlot::schema);
        let others = self.reflections.iter().rev();
        let others = others.filter_map(|(_, slot)| slot.schema());
        let first = match place.group {
            Some(SchemaGroup::Target) => [reflected, files],
            Some(SchemaGroup::Files) | None => [files, reflected],
        };
        let mut schemas = first.into_iter().flatten().chain(others);
        schemas.find(|schema| schema.find(&place.symbol).is_some())
    }

    /// Which sides of a method stream, when a schema knows it.
    pub fn kind_of(&self, method: &str, target: Option<&ReflectKey>) -> Option<CallKind> {
        let schema = self.schema_of(method, target)?;
        Some(schema.catalogue().method(method)?.kind)
    }
}

/// Whether a schema has a method that another one does not.
fn has_more(before: &Schema, now: &Schema) -> bool {
    let mut methods = before
        .catalogue()
        .services
        .iter()
        .flat_map(|it| &it.methods);
    methods.any(|method| now.catalogue().method(&method.path).is_none())
}
