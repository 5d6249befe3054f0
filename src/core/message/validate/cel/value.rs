//! Values of messages as values of CEL.
//!
//! Wrappers are what they wrap, times are times, what an Any holds is itself, and `google.protobuf.Value`
//! is what JSON it is. Other messages give their fields, absent ones as their defaults.
//! Spec: cel-spec, "Protocol Buffer Data Conversion".

use std::{
    any::Any,
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use cel::{
    ExecutionError,
    common::{
        traits::Indexer,
        types::{
            CelBool, CelBytes, CelDouble, CelDuration, CelInt, CelList, CelMap, CelMapKey, CelNull,
            CelString, CelTimestamp, CelUInt, Type,
        },
        value::{CowVal, StaticVal, Val},
    },
};
use chrono::{DateTime, TimeDelta};
use prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor,
    ReflectMessage, Value,
};

use super::{
    super::rules::{NANOS, nanos},
    budget, reason,
};

type Boxed = Box<dyn Val>;

/// How deep an Any may hold others.
const MAX_DEPTH: usize = 100;

/// A message of no special kind.
#[derive(Debug, Clone)]
pub(super) struct Message(Arc<Fields>);

#[derive(Debug)]
struct Fields {
    descriptor: MessageDescriptor,
    /// Those that are set.
    set: BTreeMap<u32, Boxed>,
    pool: DescriptorPool,
}

/// Makes values of CEL.
#[derive(Debug, Clone, Copy)]
pub(in crate::message::validate) struct Converter<'a> {
    /// Where the types of Anys are found.
    pub(in crate::message::validate) pool: &'a DescriptorPool,
    /// Each value costs a unit of the budget.
    pub(in crate::message::validate) paid: bool,
}

impl Converter<'_> {
    /// A field's value, or an item's.
    ///
    /// # Errors
    /// CEL has no such value.
    pub(in crate::message::validate) fn any(self, value: &Value) -> Result<Boxed, String> {
        self.value(value, 0)
    }

    /// A field of a message: its value, or what an expression sees of an absent one.
    ///
    /// # Errors
    /// CEL has no such value.
    pub(super) fn field(
        self,
        message: &DynamicMessage,
        field: &FieldDescriptor,
    ) -> Result<Boxed, String> {
        if message.has_field(field) {
            return self.value(&message.get_field(field), 0);
        }
        self.absent(field)
    }

    fn absent(self, field: &FieldDescriptor) -> Result<Boxed, String> {
        if let Kind::Message(message) = field.kind()
            && !field.is_list()
            && !field.is_map()
        {
            let name = message.full_name();
            // A wrapper and a Value that are absent are null.
            let is_wrapper = name.starts_with("google.protobuf.") && name.ends_with("Value");
            if is_wrapper && name != "google.protobuf.ListValue" {
                return Ok(Box::new(CelNull));
            }
            return self.of_message(&DynamicMessage::new(message), 0);
        }
        self.value(&Value::default_value_for_field(field), 0)
    }

    /// A message.
    ///
    /// # Errors
    /// CEL has no such value.
    pub(in crate::message::validate) fn message(
        self,
        message: &DynamicMessage,
    ) -> Result<Boxed, String> {
        self.of_message(message, 0)
    }

    /// A point in time, in nanoseconds since 1970.
    ///
    /// # Errors
    /// It is out of the range of CEL.
    pub(in crate::message::validate) fn time(nanos: i128) -> Result<Boxed, String> {
        timestamp(nanos).ok_or_else(out_of_range)
    }

    fn value(self, value: &Value, depth: usize) -> Result<Boxed, String> {
        if self.paid {
            budget::charge(1).map_err(|error| reason(&error))?;
        }
        Ok(match value {
            Value::Bool(flag) => Box::new(CelBool::from(*flag)),
            Value::I32(number) | Value::EnumNumber(number) => {
                Box::new(CelInt::from(i64::from(*number)))
            }
            Value::I64(number) => Box::new(CelInt::from(*number)),
            Value::U32(number) => Box::new(CelUInt::from(u64::from(*number))),
            Value::U64(number) => Box::new(CelUInt::from(*number)),
            Value::F32(number) => Box::new(CelDouble::from(f64::from(*number))),
            Value::F64(number) => Box::new(CelDouble::from(*number)),
            Value::String(text) => Box::new(CelString::from(text.clone())),
            Value::Bytes(bytes) => Box::new(CelBytes::from(bytes.to_vec())),
            Value::Message(message) => self.of_message(message, depth + 1)?,
            Value::List(items) => {
                let items = items.iter().map(|item| self.value(item, depth));
                Box::new(CelList::from(items.collect::<Result<Vec<_>, _>>()?))
            }
            Value::Map(entries) => {
                let entries = entries
                    .iter()
                    .map(|(key, value)| Ok((map_key(key), self.value(value, depth)?)));
                let entries = entries.collect::<Result<HashMap<_, _>, String>>()?;
                Box::new(CelMap::from(entries))
            }
        })
    }

    fn of_message(self, message: &DynamicMessage, depth: usize) -> Result<Boxed, String> {
        if depth > MAX_DEPTH {
            return Err("messages are nested too deeply".to_owned());
        }
        let descriptor = message.descriptor();
        let known = descriptor.full_name().strip_prefix("google.protobuf.");
        let field = |name| message.get_field_by_name(name);
        Ok(match known {
            Some("Timestamp") => {
                let nanos = nanos(&Value::Message(message.clone()));
                nanos.and_then(timestamp).ok_or_else(out_of_range)?
            }
            Some("Duration") => {
                let nanos = nanos(&Value::Message(message.clone()));
                nanos.and_then(duration).ok_or_else(out_of_range)?
            }
            Some(
                "DoubleValue" | "FloatValue" | "Int64Value" | "UInt64Value" | "Int32Value"
                | "UInt32Value" | "BoolValue" | "StringValue" | "BytesValue",
            ) => match field("value") {
                Some(value) => self.value(&value, depth)?,
                None => Box::new(CelNull),
            },
            Some("Any") => match self.unpacked(message) {
                Some(inner) => self.of_message(&inner, depth + 1)?,
                None => self.plain(message, depth)?,
            },
            Some("Value") => self.json(message, depth)?,
            Some("Struct") => match field("fields") {
                Some(fields) => self.value(&fields, depth)?,
                None => Box::new(CelNull),
            },
            Some("ListValue") => match field("values") {
                Some(values) => self.value(&values, depth)?,
                None => Box::new(CelNull),
            },
            _ => self.plain(message, depth)?,
        })
    }

    /// Some fields of a message, for who asks for no others.
    ///
    /// # Errors
    /// CEL has no such value.
    pub(super) fn part(
        self,
        message: &DynamicMessage,
        numbers: &BTreeSet<u32>,
    ) -> Result<Boxed, String> {
        self.fields_of(message, 0, |number| numbers.contains(&number))
    }

    fn plain(self, message: &DynamicMessage, depth: usize) -> Result<Boxed, String> {
        self.fields_of(message, depth, |_| true)
    }

    fn fields_of(
        self,
        message: &DynamicMessage,
        depth: usize,
        wanted: impl Fn(u32) -> bool,
    ) -> Result<Boxed, String> {
        let set = message
            .fields()
            .filter(|(field, _)| wanted(field.number()) && message.has_field(field))
            .map(|(field, value)| Ok((field.number(), self.value(value, depth)?)));
        let set = set.collect::<Result<_, String>>()?;
        Ok(Box::new(Message(Arc::new(Fields {
            descriptor: message.descriptor(),
            set,
            pool: self.pool.clone(),
        }))))
    }

    fn unpacked(self, any: &DynamicMessage) -> Option<DynamicMessage> {
        let url = any.get_field_by_name("type_url")?.as_str()?.to_owned();
        let bytes = any.get_field_by_name("value")?.as_bytes()?.clone();
        let name = url.rsplit('/').next()?;
        let descriptor = self.pool.get_message_by_name(name)?;
        DynamicMessage::decode(descriptor, bytes).ok()
    }

    fn json(self, value: &DynamicMessage, depth: usize) -> Result<Boxed, String> {
        let set = value.fields().next();
        Ok(match set {
            Some((field, value)) if field.name() != "null_value" => self.value(value, depth)?,
            _ => Box::new(CelNull),
        })
    }
}

fn out_of_range() -> String {
    "a time is out of range".to_owned()
}

fn timestamp(nanos: i128) -> Option<Boxed> {
    let seconds = i64::try_from(nanos.div_euclid(NANOS)).ok()?;
    let part = u32::try_from(nanos.rem_euclid(NANOS)).ok()?;
    let time = DateTime::from_timestamp(seconds, part)?;
    Some(Box::new(CelTimestamp::from(time.fixed_offset())))
}

fn duration(nanos: i128) -> Option<Boxed> {
    let seconds = i64::try_from(nanos.div_euclid(NANOS)).ok()?;
    let part = u32::try_from(nanos.rem_euclid(NANOS)).ok()?;
    Some(Box::new(CelDuration::from(TimeDelta::new(seconds, part)?)))
}

fn map_key(key: &MapKey) -> CelMapKey<'static> {
    match key {
        MapKey::Bool(flag) => CelMapKey::from(*flag),
        MapKey::I32(number) => CelMapKey::from(i64::from(*number)),
        MapKey::I64(number) => CelMapKey::from(*number),
        MapKey::U32(number) => CelMapKey::from(u64::from(*number)),
        MapKey::U64(number) => CelMapKey::from(*number),
        MapKey::String(text) => CelMapKey::from(text.clone()),
    }
}

impl Message {
    /// Whether a field is set.
    ///
    /// # Errors
    /// The message has no such field.
    pub(super) fn has(&self, name: &str) -> Result<bool, ExecutionError> {
        let field = self.find(name)?;
        Ok(self.0.set.contains_key(&field.number()))
    }

    fn find(&self, name: &str) -> Result<FieldDescriptor, ExecutionError> {
        let descriptor = &self.0.descriptor;
        let field = descriptor.get_field_by_name(name);
        field.ok_or_else(|| {
            let message = format!("`{}` has no field `{name}`", descriptor.full_name());
            ExecutionError::function_error("select", message)
        })
    }

    fn default_of(&self, field: &FieldDescriptor) -> Result<Boxed, ExecutionError> {
        let converter = Converter {
            pool: &self.0.pool,
            paid: false,
        };
        let failed = |error| ExecutionError::function_error("select", error);
        converter.absent(field).map_err(failed)
    }
}

static TYPE: Type = Type::new_unspecified_type("message");

impl Val for Message {
    fn get_type(&self) -> &Type {
        &TYPE
    }

    fn cel_type() -> &'static Type {
        &TYPE
    }

    fn as_indexer<'b, 'v>(&'b self) -> Option<&'b (dyn Indexer + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn into_indexer<'v>(self: Box<Self>) -> Option<Box<dyn Indexer + 'v>>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn equals(&self, other: &dyn Val) -> bool {
        other.downcast_ref::<Self>().is_some_and(|other| {
            self.0.descriptor == other.0.descriptor
                && self.0.set.len() == other.0.set.len()
                && self.0.set.iter().all(|(number, value)| {
                    let other = other.0.set.get(number);
                    other.is_some_and(|other| value.equals(other.as_ref()))
                })
        })
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v>
    where
        Self: 'v,
    {
        Box::new(self.clone())
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }
}

impl StaticVal for Message {}

impl Indexer for Message {
    fn get<'b, 'v>(&'b self, name: &dyn Val) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        let no_name = || ExecutionError::function_error("select", "a field is chosen by its name");
        let name = name.downcast_ref::<CelString<'_>>().ok_or_else(no_name)?;
        let field = self.find(name.inner())?;
        match self.0.set.get(&field.number()) {
            Some(value) => Ok(CowVal::Borrowed(value.as_ref())),
            None => Ok(CowVal::Owned(self.default_of(&field)?)),
        }
    }

    fn steal<'v>(self: Box<Self>, name: &dyn Val) -> Result<Box<dyn Val + 'v>, ExecutionError>
    where
        Self: 'v,
    {
        Ok(self.get(name)?.into_owned())
    }
}
