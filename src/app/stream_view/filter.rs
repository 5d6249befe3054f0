//! What is typed into the filter bar of a stream.

use stubless_core::call::{
    Direction,
    scan::{Condition, Filter, GroupOrder, Op},
};

/// How messages are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FilterKind {
    /// By a text anywhere in them.
    #[default]
    Text,
    /// By the value of a field.
    Field,
    /// By an expression.
    Cel,
}

/// The filter bar as typed. What belongs to the other kinds stays while one is chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterForm {
    /// Which kind is shown.
    pub kind: FilterKind,
    /// Only messages that went this way.
    pub direction: Option<Direction>,
    /// The text.
    pub text: String,
    /// Capital letters and small ones differ.
    pub match_case: bool,
    /// Path of the field.
    pub path: String,
    /// How its value compares.
    pub op: Op,
    /// With what.
    pub value: String,
    /// The expression.
    pub cel: String,
}

impl Default for FilterForm {
    fn default() -> Self {
        Self {
            kind: FilterKind::default(),
            direction: None,
            text: String::new(),
            match_case: false,
            path: String::new(),
            op: Op::Is,
            value: String::new(),
            cel: String::new(),
        }
    }
}

impl FilterForm {
    /// What it asks for; a form that is not filled in asks for nothing.
    pub fn filter(&self) -> Filter {
        let condition = match self.kind {
            FilterKind::Text => (!self.text.is_empty()).then(|| Condition::Text {
                text: self.text.clone(),
                match_case: self.match_case,
            }),
            FilterKind::Field => (!self.path.trim().is_empty()).then(|| Condition::Field {
                path: self.path.trim().to_owned(),
                op: self.op,
                value: self.value.clone(),
            }),
            FilterKind::Cel => {
                let cel = self.cel.trim();
                (!cel.is_empty()).then(|| Condition::Cel(cel.to_owned()))
            }
        };
        Filter {
            direction: self.direction,
            condition,
        }
    }

    /// Asks for a value of a field; `None` for messages that have none.
    pub fn by_value(&mut self, path: &str, value: Option<&str>) {
        self.kind = FilterKind::Field;
        path.clone_into(&mut self.path);
        match value {
            Some(value) => {
                self.op = Op::Is;
                value.clone_into(&mut self.value);
            }
            None => self.op = Op::IsNotSet,
        }
    }

    /// Asks for the messages of a span of time, in seconds since the call began.
    pub fn by_time(&mut self, from: f64, to: f64) {
        self.kind = FilterKind::Cel;
        self.cel = format!("at >= duration('{from:.6}s') && at < duration('{to:.6}s')");
    }

    /// Asks for all messages again.
    pub fn clear(&mut self) {
        *self = Self {
            kind: self.kind,
            op: self.op,
            match_case: self.match_case,
            ..Self::default()
        };
    }
}

/// The table of groups beside a stream.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GroupForm {
    /// It is shown.
    pub open: bool,
    /// The field by whose values messages are grouped.
    pub path: String,
    /// How groups are sorted.
    pub order: GroupOrder,
}
