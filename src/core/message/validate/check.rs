//! Walks a message with its plan. Recursion is bounded by what decodes: a hundred levels.

use prost_reflect::{Cardinality, DynamicMessage, FieldDescriptor, MapKey, ReflectMessage, Value};

use super::{
    cel::{Converter, Variables, Verdict},
    plan::{CelPlan, Fault, FieldPlan, MessagePlan, Plans, ValuePlan},
    standard::Now,
};

/// Broken rules that are told of one body; more would only repeat them.
pub(super) const MAX_FINDINGS: usize = 200;

/// Where in a field's value.
#[derive(Debug, Clone, PartialEq)]
pub enum Subscript {
    /// An item of a list, from 0.
    Index(usize),
    /// An entry of a map.
    Key(MapKey),
}

/// One step down a message.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldStep {
    /// The name of the field or oneof.
    pub name: String,
    /// The field; `None` for a oneof.
    pub field: Option<FieldDescriptor>,
    /// Where in its value.
    pub subscript: Option<Subscript>,
}

/// A rule that a message breaks.
#[derive(Debug, Clone, PartialEq)]
pub struct Violation {
    /// Where in the message; empty for the message itself.
    pub field: Vec<FieldStep>,
    /// The path of the rule in the field's rules: `repeated.items.string.min_len`, `cel[0]`; empty for
    /// rules of messages and oneofs.
    pub rule: String,
    /// The rule's id.
    pub id: String,
    /// protovalidate's sentence.
    pub message: String,
    /// It is about the key of a map's entry.
    pub for_key: bool,
}

/// A rule that could not be checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Unchecked {
    /// Where in the message.
    pub field: Vec<FieldStep>,
    /// The rule.
    pub rule: String,
    /// Why not.
    pub reason: String,
    /// Whether it is the schema that is wrong, whatever the message.
    pub by_schema: bool,
}

/// What a check found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Findings {
    /// Broken rules, in the order of the schema; at most 200.
    pub violations: Vec<Violation>,
    /// Rules that could not be checked, each once.
    pub unchecked: Vec<Unchecked>,
}

/// The steps down to a value, without copying them.
#[derive(Clone, Copy)]
struct Trail<'a> {
    above: Option<&'a Trail<'a>>,
    field: &'a FieldDescriptor,
    subscript: Option<&'a Subscript>,
}

impl Trail<'_> {
    fn steps(&self) -> Vec<FieldStep> {
        let mut steps = self.above.map(Trail::steps).unwrap_or_default();
        steps.push(FieldStep {
            name: self.field.name().to_owned(),
            field: Some(self.field.clone()),
            subscript: self.subscript.cloned(),
        });
        steps
    }
}

fn steps(trail: Option<&Trail<'_>>) -> Vec<FieldStep> {
    trail.map(Trail::steps).unwrap_or_default()
}

/// Checks a message. Runs expressions: belongs on a thread with enough stack.
pub(super) fn check(plans: &Plans, message: &DynamicMessage, now: Now) -> Findings {
    let mut check = Check {
        plans,
        now,
        findings: Findings::default(),
    };
    check.message(message, None);
    check.findings
}

struct Check<'a> {
    plans: &'a Plans,
    now: Now,
    findings: Findings,
}

impl Check<'_> {
    fn message(&mut self, message: &DynamicMessage, trail: Option<&Trail<'_>>) {
        let plan = self.plans.plan(&message.descriptor());
        self.faults(&plan.faults, "", trail);
        if !plan.cel.is_empty() {
            match self.converter().message(message) {
                Ok(this) => {
                    for rule in &plan.cel {
                        self.cel(rule, None, this.clone_as_boxed(), trail, false);
                    }
                }
                Err(reason) => self.unchecked("cel", reason, trail, false),
            }
        }
        self.oneofs(&plan, message, trail);
        for field in &plan.fields {
            if self.findings.violations.len() >= MAX_FINDINGS {
                return;
            }
            self.field(field, message, trail);
        }
    }

    fn oneofs(&mut self, plan: &MessagePlan, message: &DynamicMessage, trail: Option<&Trail<'_>>) {
        for oneof in &plan.oneofs {
            let set = oneof.fields.iter().filter(|field| is_set(message, field));
            let sentence = match set.count() {
                0 if oneof.required => "one of %s must be set",
                0 | 1 => continue,
                _ => "only one of %s can be set",
            };
            let names: Vec<&str> = oneof.fields.iter().map(FieldDescriptor::name).collect();
            self.findings.violations.push(Violation {
                field: steps(trail),
                rule: String::new(),
                id: "message.oneof".to_owned(),
                message: sentence.replace("%s", &names.join(", ")),
                for_key: false,
            });
        }
        for oneof in &plan.required {
            if oneof.fields().any(|field| message.has_field(&field)) {
                continue;
            }
            let mut field = steps(trail);
            field.push(FieldStep {
                name: oneof.name().to_owned(),
                field: None,
                subscript: None,
            });
            self.findings.violations.push(Violation {
                field,
                rule: String::new(),
                id: "required".to_owned(),
                message: "exactly one field is required in oneof".to_owned(),
                for_key: false,
            });
        }
    }

    fn field(&mut self, plan: &FieldPlan, message: &DynamicMessage, above: Option<&Trail<'_>>) {
        let trail = Trail {
            above,
            field: &plan.field,
            subscript: None,
        };
        // What the schema got wrong is told whatever the value.
        self.all_faults(&plan.value, &trail);
        let is_set = is_set(message, &plan.field);
        if plan.required && !is_set {
            self.findings.violations.push(Violation {
                field: trail.steps(),
                rule: "required".to_owned(),
                id: "required".to_owned(),
                message: "value is required".to_owned(),
                for_key: false,
            });
            return;
        }
        if plan.only_when_set && !is_set {
            return;
        }
        self.value(&plan.value, &message.get_field(&plan.field), &trail, false);
    }

    fn value(&mut self, plan: &ValuePlan, value: &Value, trail: &Trail<'_>, for_key: bool) {
        if plan.skip_zero && is_zero(value) {
            return;
        }
        if !plan.cel.is_empty() {
            match self.converter().any(value) {
                Ok(this) => {
                    for rule in &plan.cel {
                        let this = this.clone_as_boxed();
                        self.cel(rule, Some(&plan.prefix), this, Some(trail), for_key);
                    }
                }
                Err(reason) => {
                    let rule = format!("{}cel", plan.prefix);
                    self.unchecked(&rule, reason, Some(trail), false);
                }
            }
        }
        self.standard(plan, value, trail, for_key);
        match value {
            Value::Message(message) if plan.embedded => self.message(message, Some(trail)),
            Value::List(items) => {
                if let Some(plan) = &plan.items {
                    for (index, item) in items.iter().enumerate() {
                        let subscript = Subscript::Index(index);
                        self.member(plan, item, trail, &subscript, false);
                    }
                }
            }
            Value::Map(entries) => {
                let mut sorted: Vec<_> = entries.iter().collect();
                sorted.sort_by_key(|(key, _)| *key);
                for (key, value) in sorted {
                    let subscript = Subscript::Key(key.clone());
                    if let Some(plan) = &plan.keys {
                        let key = Value::from(key.clone());
                        self.member(plan, &key, trail, &subscript, true);
                    }
                    if let Some(plan) = &plan.values {
                        self.member(plan, value, trail, &subscript, false);
                    }
                }
            }
            _ => {}
        }
    }

    fn member(
        &mut self,
        plan: &ValuePlan,
        value: &Value,
        trail: &Trail<'_>,
        subscript: &Subscript,
        for_key: bool,
    ) {
        if self.findings.violations.len() < MAX_FINDINGS {
            let trail = Trail {
                subscript: Some(subscript),
                ..*trail
            };
            self.value(plan, value, &trail, for_key);
        }
    }

    fn standard(&mut self, plan: &ValuePlan, value: &Value, trail: &Trail<'_>, for_key: bool) {
        let Some(standard) = &plan.standard else {
            return;
        };
        let wrapped = match value {
            Value::Message(wrapper) if plan.wraps => wrapper.get_field_by_name("value"),
            _ => None,
        };
        let value = wrapped.as_deref().unwrap_or(value);
        match standard.check(value, self.now) {
            Ok(broken) => {
                let found = broken.into_iter().map(|broken| Violation {
                    field: trail.steps(),
                    rule: format!("{}{}.{}", plan.prefix, standard.kind, broken.rule),
                    id: broken.id,
                    message: broken.message,
                    for_key,
                });
                self.findings.violations.extend(found);
            }
            Err(reason) => {
                let rule = format!("{}{}", plan.prefix, standard.kind);
                self.unchecked(&rule, reason, Some(trail), false);
            }
        }
    }

    fn cel(
        &mut self,
        rule: &CelPlan,
        prefix: Option<&str>,
        this: Box<dyn cel::common::value::Val>,
        trail: Option<&Trail<'_>>,
        for_key: bool,
    ) {
        match self.verdict(rule, this) {
            Ok(Verdict::Kept) => {}
            Ok(Verdict::Broken(said)) => {
                let message = match said {
                    Some(said) if rule.message.is_empty() => said,
                    None if rule.message.is_empty() => {
                        format!("\"{}\" returned false", rule.program.source())
                    }
                    _ => rule.message.clone(),
                };
                self.findings.violations.push(Violation {
                    field: steps(trail),
                    rule: prefix
                        .map_or_else(String::new, |prefix| format!("{prefix}{}", rule.place)),
                    id: rule.id.clone(),
                    message,
                    for_key,
                });
            }
            Err(reason) => {
                let id = if rule.id.is_empty() {
                    &rule.place
                } else {
                    &rule.id
                };
                self.unchecked(id, reason, trail, false);
            }
        }
    }

    fn verdict(
        &self,
        rule: &CelPlan,
        this: Box<dyn cel::common::value::Val>,
    ) -> Result<Verdict, String> {
        let converter = self.converter();
        let given = rule
            .given
            .as_ref()
            .map(|(rules, value)| Ok((converter.message(rules)?, converter.any(value)?)));
        rule.program.run(Variables {
            this,
            rules: given.transpose().map_err(|error: String| error)?,
            now: Converter::time(self.now)?,
        })
    }

    fn converter(&self) -> Converter<'_> {
        Converter {
            pool: self.plans.pool(),
            paid: false,
        }
    }

    fn all_faults(&mut self, plan: &ValuePlan, trail: &Trail<'_>) {
        self.faults(&plan.faults, &plan.prefix, Some(trail));
        let parts = [&plan.items, &plan.keys, &plan.values];
        for part in parts.into_iter().flatten() {
            self.faults(&part.faults, &part.prefix, Some(trail));
        }
    }

    fn faults(&mut self, faults: &[Fault], prefix: &str, trail: Option<&Trail<'_>>) {
        for fault in faults {
            let rule = format!("{prefix}{}", fault.rule);
            self.unchecked(&rule, fault.reason.clone(), trail, true);
        }
    }

    /// Told once a rule: it is the same for every item.
    fn unchecked(
        &mut self,
        rule: &str,
        reason: String,
        trail: Option<&Trail<'_>>,
        by_schema: bool,
    ) {
        let mut known = self.findings.unchecked.iter();
        let is_known = known.any(|it| it.rule == rule && it.reason == reason);
        if !is_known && self.findings.unchecked.len() < MAX_FINDINGS {
            self.findings.unchecked.push(Unchecked {
                field: steps(trail),
                rule: rule.to_owned(),
                reason,
                by_schema,
            });
        }
    }
}

/// Whether a field has a value. A required field of an edition, lowered to proto3, has no presence for
/// prost-reflect; a message without it does not encode.
fn is_set(message: &DynamicMessage, field: &FieldDescriptor) -> bool {
    let is_required = field.cardinality() == Cardinality::Required;
    message.has_field(field) || (is_required && !field.supports_presence())
}

/// Whether an item, a key or a value is its type's zero.
fn is_zero(value: &Value) -> bool {
    match value {
        Value::Bool(flag) => !flag,
        Value::I32(number) | Value::EnumNumber(number) => *number == 0,
        Value::I64(number) => *number == 0,
        Value::U32(number) => *number == 0,
        Value::U64(number) => *number == 0,
        Value::F32(number) => *number == 0.0,
        Value::F64(number) => *number == 0.0,
        Value::String(text) => text.is_empty(),
        Value::Bytes(bytes) => bytes.is_empty(),
        Value::Message(message) => message.fields().next().is_none(),
        Value::List(items) => items.is_empty(),
        Value::Map(entries) => entries.is_empty(),
    }
}
