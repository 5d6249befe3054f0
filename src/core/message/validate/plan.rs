//! The rules of message types, compiled once and kept.
//!
//! Plans of one pool are kept, that of the schema that was checked last, so that the memory of a schema
//! that is gone does not stay.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, OneofDescriptor,
    Value,
};

use super::{
    cel::Program,
    options::{self, CelRule, Ignore, OneofRule, RawRules},
    read::expected,
    rules::KindRules,
    standard::Standard,
};

/// A rule that cannot be checked, whatever the value.
#[derive(Debug, Clone)]
pub(super) struct Fault {
    /// The rule's path.
    pub(super) rule: String,
    /// Why not.
    pub(super) reason: String,
}

/// What is checked of a message.
#[derive(Debug, Default)]
pub(super) struct MessagePlan {
    pub(super) cel: Vec<CelPlan>,
    pub(super) oneofs: Vec<MessageOneof>,
    pub(super) required: Vec<OneofDescriptor>,
    pub(super) fields: Vec<FieldPlan>,
    pub(super) faults: Vec<Fault>,
}

/// Fields of which at most one may be set.
#[derive(Debug)]
pub(super) struct MessageOneof {
    pub(super) fields: Vec<FieldDescriptor>,
    pub(super) required: bool,
}

/// What is checked of a field.
#[derive(Debug)]
pub(super) struct FieldPlan {
    pub(super) field: FieldDescriptor,
    pub(super) required: bool,
    /// Its value is not looked at where it is absent, or, without presence, its zero.
    pub(super) only_when_set: bool,
    pub(super) value: ValuePlan,
}

/// What is checked of a value: a field's, or an item's, a key's, a map's value.
#[derive(Debug, Default)]
pub(super) struct ValuePlan {
    /// What stands before the names of its rules: `repeated.items.`
    pub(super) prefix: String,
    /// An item that is its type's zero is not looked at.
    pub(super) skip_zero: bool,
    pub(super) cel: Vec<CelPlan>,
    pub(super) standard: Option<Standard>,
    /// The standard rules are of what a wrapper wraps.
    pub(super) wraps: bool,
    /// The value is a message that may have rules of its own.
    pub(super) embedded: bool,
    pub(super) items: Option<Box<ValuePlan>>,
    pub(super) keys: Option<Box<ValuePlan>>,
    pub(super) values: Option<Box<ValuePlan>>,
    pub(super) faults: Vec<Fault>,
}

/// A rule in CEL, compiled.
#[derive(Debug)]
pub(super) struct CelPlan {
    pub(super) id: String,
    pub(super) message: String,
    /// Its path, without the prefix of the value.
    pub(super) place: String,
    pub(super) program: Program,
    /// For predefined rules: the rules it stands in, and what it was given.
    pub(super) given: Option<(Arc<DynamicMessage>, Value)>,
}

/// Plans of the messages of one pool, by their full names.
#[derive(Debug, Clone)]
pub(super) struct Plans {
    pool: DescriptorPool,
    inner: Arc<Mutex<Known>>,
}

#[derive(Debug, Default)]
struct Known {
    plans: HashMap<String, Arc<MessagePlan>>,
    /// Whether rules stand at a message or at any it can hold.
    ruled: HashMap<String, bool>,
}

/// Schemas whose plans are kept: those of the requests that a person goes back and forth between.
const POOLS_KEPT: usize = 4;

/// Plans by their pools. The one used last stands last.
#[derive(Default)]
struct Kept(Vec<Plans>);

static KEPT: LazyLock<Mutex<Kept>> = LazyLock::new(Mutex::default);

impl Kept {
    fn of(&mut self, pool: &DescriptorPool) -> Plans {
        let plans = match self.0.iter().position(|plans| plans.pool == *pool) {
            Some(at) => self.0.remove(at),
            None => Plans {
                pool: pool.clone(),
                inner: Arc::default(),
            },
        };
        if self.0.len() >= POOLS_KEPT {
            self.0.remove(0);
        }
        self.0.push(plans.clone());
        plans
    }
}

impl Plans {
    /// The plans of a pool.
    pub(super) fn of(pool: &DescriptorPool) -> Self {
        let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        kept.of(pool)
    }

    pub(super) fn pool(&self) -> &DescriptorPool {
        &self.pool
    }

    /// Whether there is anything to check in a message, at whatever depth.
    pub(super) fn is_ruled(&self, message: &MessageDescriptor) -> bool {
        let mut known = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ruled) = known.ruled.get(message.full_name()) {
            return *ruled;
        }
        find_ruled(message, &mut known.ruled);
        known
            .ruled
            .get(message.full_name())
            .copied()
            .unwrap_or_default()
    }

    /// The plan of a message.
    pub(super) fn plan(&self, message: &MessageDescriptor) -> Arc<MessagePlan> {
        let known = |plans: &Self| {
            let known = plans.inner.lock().unwrap_or_else(PoisonError::into_inner);
            known.plans.get(message.full_name()).cloned()
        };
        if let Some(plan) = known(self) {
            return plan;
        }
        let plan = Arc::new(self.compile(message));
        let mut known = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let name = message.full_name().to_owned();
        known.plans.insert(name, Arc::clone(&plan));
        plan
    }

    fn compile(&self, message: &MessageDescriptor) -> MessagePlan {
        let mut plan = MessagePlan::default();
        let rules = options::of_message(message).unwrap_or_default();
        plan.cel = compile_all(&rules.cel, &mut plan.faults);
        for rule in &rules.oneofs {
            match message_oneof(rule, message) {
                Ok(oneof) => plan.oneofs.push(oneof),
                Err(reason) => plan.faults.push(Fault {
                    rule: "message.oneof".to_owned(),
                    reason,
                }),
            }
        }
        let oneofs = message.oneofs().filter(|oneof| !oneof.is_synthetic());
        plan.required = oneofs.filter(options::is_required).collect();
        let in_oneof = |field: &FieldDescriptor| {
            let mut oneofs = plan.oneofs.iter();
            oneofs.any(|oneof| oneof.fields.contains(field))
        };
        plan.fields = message
            .fields()
            .filter_map(|field| self.field(&field, in_oneof(&field)))
            .collect();
        plan
    }

    fn field(&self, field: &FieldDescriptor, in_oneof: bool) -> Option<FieldPlan> {
        let mut rules = options::of_field(field);
        if let Some(rules) = &mut rules
            && in_oneof
            && !rules.ignore_is_set
        {
            rules.ignore = Ignore::Zero;
        }
        let ignore = rules.as_ref().map(|rules| rules.ignore).unwrap_or_default();
        if ignore == Ignore::Always {
            return None;
        }
        let value = self.value(field, rules.as_ref(), false, "");
        let required = rules.is_some_and(|rules| rules.required);
        (required || !value.is_empty()).then(|| FieldPlan {
            field: field.clone(),
            required,
            only_when_set: field.supports_presence() || ignore == Ignore::Zero,
            value,
        })
    }

    fn value(
        &self,
        field: &FieldDescriptor,
        rules: Option<&RawRules>,
        is_item: bool,
        prefix: &str,
    ) -> ValuePlan {
        let mut plan = ValuePlan {
            prefix: prefix.to_owned(),
            ..ValuePlan::default()
        };
        if rules.is_some_and(|rules| rules.ignore == Ignore::Always) {
            return plan;
        }
        let is_single = is_item || !(field.is_list() || field.is_map());
        if is_single && let Kind::Message(message) = field.kind() {
            plan.embedded = self.is_ruled(&message);
        }
        if let Some(rules) = rules {
            plan.skip_zero = is_item && rules.ignore == Ignore::Zero;
            plan.cel = compile_all(&rules.cel, &mut plan.faults);
            if let Some((kind, standard)) = rules.kind() {
                self.standard(field, is_item, &kind, &standard, &mut plan);
            }
        }
        if !is_item {
            self.members(field, rules, &mut plan);
        }
        plan
    }

    /// Standard rules, and the predefined ones among them.
    fn standard(
        &self,
        field: &FieldDescriptor,
        is_item: bool,
        kind: &str,
        rules: &DynamicMessage,
        plan: &mut ValuePlan,
    ) {
        let due = expected(field, is_item);
        if due != Some(kind) {
            let due = due.map_or_else(
                || "it has none of its own".to_owned(),
                |due| format!("its rules are those of {due}"),
            );
            plan.faults.push(Fault {
                rule: kind.to_owned(),
                reason: format!("rules of {kind} stand at `{}`: {due}", field.full_name()),
            });
            return;
        }
        let message = field
            .kind()
            .as_message()
            .map(|it| it.full_name().to_owned());
        plan.wraps = (is_item || !(field.is_list() || field.is_map()))
            && message.is_some_and(|name| name.ends_with("Value"));
        let defined = field.kind().as_enum().cloned();
        if let Some(read) = KindRules::read(kind, rules, &self.pool) {
            match Standard::new(kind.to_owned(), read, defined) {
                Ok(standard) => plan.standard = Some(standard),
                Err(reason) => plan.faults.push(Fault {
                    rule: format!("{kind}.pattern"),
                    reason,
                }),
            }
        }
        match options::predefined(rules, &self.pool) {
            Ok(None) => {}
            Ok(Some((known, found))) => {
                let known = Arc::new(known);
                for rule in found {
                    let mut programs = compile_all(&rule.cel, &mut plan.faults);
                    for program in &mut programs {
                        program.place = format!("{kind}.[{}]", rule.extension.full_name());
                        program.given = Some((Arc::clone(&known), rule.value.clone()));
                    }
                    plan.cel.extend(programs);
                }
            }
            Err(reason) => plan.faults.push(Fault {
                rule: kind.to_owned(),
                reason,
            }),
        }
    }

    /// Rules of items, keys and values; without any, what their messages demand.
    fn members(&self, field: &FieldDescriptor, rules: Option<&RawRules>, plan: &mut ValuePlan) {
        let own = rules.and_then(RawRules::kind);
        let nested = |kind: &str, name: &str| {
            let (own, rules) = own.as_ref()?;
            (own == kind).then(|| options::nested(rules, name))?
        };
        let part = |field: &FieldDescriptor, rules: Option<RawRules>, prefix: &str| {
            let plan = self.value(field, rules.as_ref(), true, prefix);
            (!plan.is_empty()).then(|| Box::new(plan))
        };
        if field.is_map() {
            let entry = field.kind();
            let Some(entry) = entry.as_message() else {
                return;
            };
            let (key, value) = (entry.map_entry_key_field(), entry.map_entry_value_field());
            plan.keys = part(&key, nested("map", "keys"), "map.keys.");
            plan.values = part(&value, nested("map", "values"), "map.values.");
        } else if field.is_list() {
            plan.items = part(field, nested("repeated", "items"), "repeated.items.");
        }
    }
}

impl ValuePlan {
    fn is_empty(&self) -> bool {
        self.cel.is_empty()
            && self.standard.is_none()
            && !self.embedded
            && self.items.is_none()
            && self.keys.is_none()
            && self.values.is_none()
            && self.faults.is_empty()
    }
}

fn compile_all(rules: &[CelRule], faults: &mut Vec<Fault>) -> Vec<CelPlan> {
    let mut plans = Vec::with_capacity(rules.len());
    for rule in rules {
        match Program::compile(&rule.expression) {
            Ok(program) => plans.push(CelPlan {
                id: rule.id.clone(),
                message: rule.message.clone(),
                place: rule.place.clone(),
                program,
                given: None,
            }),
            Err(reason) => faults.push(Fault {
                rule: rule.id.clone(),
                reason,
            }),
        }
    }
    plans
}

fn message_oneof(rule: &OneofRule, message: &MessageDescriptor) -> Result<MessageOneof, String> {
    if rule.fields.is_empty() {
        return Err("it names no fields".to_owned());
    }
    let mut seen = HashSet::new();
    if let Some(twice) = rule.fields.iter().find(|name| !seen.insert(name.as_str())) {
        return Err(format!("it names `{twice}` twice"));
    }
    let find = |name: &String| {
        let field = message.get_field_by_name(name);
        field.ok_or_else(|| format!("`{}` has no field `{name}`", message.full_name()))
    };
    Ok(MessageOneof {
        fields: rule.fields.iter().map(find).collect::<Result<_, _>>()?,
        required: rule.required,
    })
}

/// Finds out for a message and all it can hold whether they, or what they hold, have rules.
fn find_ruled(message: &MessageDescriptor, ruled: &mut HashMap<String, bool>) {
    let mut order = vec![message.clone()];
    let mut seen = HashSet::from([message.full_name().to_owned()]);
    let mut holders: HashMap<String, Vec<String>> = HashMap::new();
    let mut todo = Vec::new();
    let mut next = 0;
    while let Some(message) = order.get(next).cloned() {
        next += 1;
        let name = message.full_name().to_owned();
        if has_own_rules(&message) {
            todo.push(name.clone());
        }
        for field in message.fields() {
            let held = match field.kind() {
                Kind::Message(entry) if field.is_map() => entry.map_entry_value_field().kind(),
                kind => kind,
            };
            let Kind::Message(held) = held else {
                continue;
            };
            let holders = holders.entry(held.full_name().to_owned()).or_default();
            holders.push(name.clone());
            if seen.insert(held.full_name().to_owned()) {
                order.push(held);
            }
        }
    }
    for message in order {
        ruled.insert(message.full_name().to_owned(), false);
    }
    while let Some(name) = todo.pop() {
        if ruled.insert(name.clone(), true) != Some(true) {
            todo.extend(holders.get(&name).into_iter().flatten().cloned());
        }
    }
}

fn has_own_rules(message: &MessageDescriptor) -> bool {
    options::of_message(message).is_some()
        || message.fields().any(|field| options::has_rules(&field))
        || message.oneofs().any(|oneof| options::is_required(&oneof))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn going_back_and_forth_between_schemas_compiles_nothing_anew() {
        let pools: [_; POOLS_KEPT + 1] = std::array::from_fn(|_| DescriptorPool::new());
        let mut kept = Kept::default();
        let [first, second] = [&pools[0], &pools[1]].map(|pool| kept.of(pool));
        assert!(!Arc::ptr_eq(&first.inner, &second.inner));
        assert!(Arc::ptr_eq(&first.inner, &kept.of(&pools[0]).inner));
        assert!(Arc::ptr_eq(&second.inner, &kept.of(&pools[1]).inner));
        // What was not used for longest goes.
        for pool in &pools[2..] {
            kept.of(pool);
        }
        assert!(Arc::ptr_eq(&second.inner, &kept.of(&pools[1]).inner));
        assert!(!Arc::ptr_eq(&first.inner, &kept.of(&pools[0]).inner));
    }
}
