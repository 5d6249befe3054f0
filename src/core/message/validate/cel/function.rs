//! The functions an expression may call: CEL's own, those on strings, and protovalidate's.

use super::{
    super::{
        form::{
            Version, is_email, is_host_and_port, is_hostname, is_ip, is_ip_prefix, is_uri,
            is_uri_reference,
        },
        pattern,
    },
    budget::{charge, charge_value, size},
    prepare::{HAS, RANGE, SIZED},
    value::Message,
};
use cel::{
    DeclarationError, Env, ExecutionError, add_member_overload, add_overload,
    common::{
        types::{
            CelBool, CelBytes, CelDouble, CelInt, CelList, CelString, CelUInt, DYN_TYPE, INT_TYPE,
            LIST_TYPE, STRING_TYPE,
        },
        value::{CowVal, Val},
    },
    extensions,
};

type Result<T> = std::result::Result<T, ExecutionError>;

pub(super) fn env() -> std::result::Result<Env, DeclarationError> {
    let mut env = Env::stdlib();
    let env_ref = &mut env;
    extensions::strings(env_ref)?;
    forms(env_ref)?;
    bytes(env_ref)?;
    numbers(env_ref)?;
    patterns(env_ref)?;
    env.add_member_overload("unique", "list.unique", LIST_TYPE, vec![], unique)?;
    env.add_overload(
        "getField",
        "get_field",
        vec![DYN_TYPE, STRING_TYPE],
        get_field,
    )?;
    env.add_overload(HAS, "has", vec![DYN_TYPE, STRING_TYPE], has)?;
    env.add_overload(RANGE, "range", vec![DYN_TYPE, INT_TYPE], range)?;
    env.add_overload(SIZED, "sized", vec![DYN_TYPE], sized)?;
    Ok(env)
}

fn forms(env: &mut Env) -> std::result::Result<(), DeclarationError> {
    fn email(text: &CelString<'_>) -> CelBool {
        is_email(text.inner()).into()
    }
    fn hostname(text: &CelString<'_>) -> CelBool {
        is_hostname(text.inner()).into()
    }
    fn host_and_port(text: &CelString<'_>, required: &CelBool) -> CelBool {
        is_host_and_port(text.inner(), *required.inner()).into()
    }
    fn ip(text: &CelString<'_>) -> CelBool {
        is_ip(text.inner(), Version::Any).into()
    }
    fn ip_of(text: &CelString<'_>, version: &CelInt) -> CelBool {
        let version = Version::of(*version.inner());
        version
            .is_some_and(|version| is_ip(text.inner(), version))
            .into()
    }
    fn prefix(text: &CelString<'_>) -> CelBool {
        is_ip_prefix(text.inner(), Version::Any, false).into()
    }
    fn prefix_of(text: &CelString<'_>, version: &CelInt) -> CelBool {
        prefix_strictly(text, version, &CelBool::from(false))
    }
    fn prefix_strict(text: &CelString<'_>, strict: &CelBool) -> CelBool {
        is_ip_prefix(text.inner(), Version::Any, *strict.inner()).into()
    }
    fn prefix_strictly(text: &CelString<'_>, version: &CelInt, strict: &CelBool) -> CelBool {
        let version = Version::of(*version.inner());
        let strict = *strict.inner();
        version
            .is_some_and(|it| is_ip_prefix(text.inner(), it, strict))
            .into()
    }
    fn uri(text: &CelString<'_>) -> CelBool {
        is_uri(text.inner()).into()
    }
    fn uri_ref(text: &CelString<'_>) -> CelBool {
        is_uri_reference(text.inner()).into()
    }
    add_member_overload!(env, fn email: (CelString<'_>) -> CelBool, name = "isEmail")?;
    add_member_overload!(env, fn hostname: (CelString<'_>) -> CelBool, name = "isHostname")?;
    add_member_overload!(env, fn host_and_port: (CelString<'_>, CelBool) -> CelBool, name = "isHostAndPort")?;
    add_member_overload!(env, fn ip: (CelString<'_>) -> CelBool, name = "isIp")?;
    add_member_overload!(env, fn ip_of: (CelString<'_>, CelInt) -> CelBool, name = "isIp")?;
    add_member_overload!(env, fn prefix: (CelString<'_>) -> CelBool, name = "isIpPrefix")?;
    add_member_overload!(env, fn prefix_of: (CelString<'_>, CelInt) -> CelBool, name = "isIpPrefix")?;
    add_member_overload!(env, fn prefix_strict: (CelString<'_>, CelBool) -> CelBool, name = "isIpPrefix")?;
    add_member_overload!(env, fn prefix_strictly: (CelString<'_>, CelInt, CelBool) -> CelBool, name = "isIpPrefix")?;
    add_member_overload!(env, fn uri: (CelString<'_>) -> CelBool, name = "isUri")?;
    add_member_overload!(env, fn uri_ref: (CelString<'_>) -> CelBool, name = "isUriRef")
}

fn bytes(env: &mut Env) -> std::result::Result<(), DeclarationError> {
    fn starts(bytes: &CelBytes<'_>, part: &CelBytes<'_>) -> CelBool {
        bytes.inner().starts_with(part.inner()).into()
    }
    fn ends(bytes: &CelBytes<'_>, part: &CelBytes<'_>) -> CelBool {
        bytes.inner().ends_with(part.inner()).into()
    }
    fn contains(bytes: &CelBytes<'_>, part: &CelBytes<'_>) -> Result<CelBool> {
        let (bytes, part) = (bytes.inner(), part.inner());
        charge((bytes.len() as u64 / 64 + 1).saturating_mul(part.len() as u64 / 8 + 1))?;
        let holds = part.is_empty() || bytes.windows(part.len()).any(|window| window == part);
        Ok(holds.into())
    }
    add_member_overload!(env, fn starts: (CelBytes<'_>, CelBytes<'_>) -> CelBool, name = "startsWith")?;
    add_member_overload!(env, fn ends: (CelBytes<'_>, CelBytes<'_>) -> CelBool, name = "endsWith")?;
    add_member_overload!(env, fn contains: (CelBytes<'_>, CelBytes<'_>) -> Result<CelBool>, name = "contains")
}

fn numbers(env: &mut Env) -> std::result::Result<(), DeclarationError> {
    fn nan(number: &CelDouble) -> CelBool {
        number.inner().is_nan().into()
    }
    fn infinite(number: &CelDouble) -> CelBool {
        number.inner().is_infinite().into()
    }
    fn infinite_of(number: &CelDouble, sign: &CelInt) -> CelBool {
        let (number, sign) = (*number.inner(), *sign.inner());
        let has_sign = match sign.signum() {
            0 => true,
            1 => number > 0.0,
            _ => number < 0.0,
        };
        (number.is_infinite() && has_sign).into()
    }
    add_member_overload!(env, fn nan: (CelDouble) -> CelBool, name = "isNan")?;
    add_member_overload!(env, fn infinite: (CelDouble) -> CelBool, name = "isInf")?;
    add_member_overload!(env, fn infinite_of: (CelDouble, CelInt) -> CelBool, name = "isInf")
}

fn patterns(env: &mut Env) -> std::result::Result<(), DeclarationError> {
    fn matches(text: &CelString<'_>, pattern: &CelString<'_>) -> Result<CelBool> {
        let (text, pattern) = (text.inner(), pattern.inner());
        charge(text.len() as u64 / 16 + 1)?;
        let regex = match pattern::known(pattern) {
            Some(regex) => regex,
            None => {
                charge(1000 + 10 * pattern.len() as u64)?;
                pattern::keep(pattern)
                    .map_err(|error| ExecutionError::function_error("matches", error))?
            }
        };
        Ok(regex.is_match(text).into())
    }
    add_overload!(env, fn matches: (CelString<'_>, CelString<'_>) -> Result<CelBool>, id = "matches")?;
    add_member_overload!(env, fn matches: (CelString<'_>, CelString<'_>) -> Result<CelBool>)
}

fn arguments<'b, 'v, const N: usize>(args: Vec<CowVal<'b, 'v>>) -> Result<[CowVal<'b, 'v>; N]> {
    let actual = args.len();
    let wrong = |_| ExecutionError::invalid_argument_count(N, actual);
    args.try_into().map_err(wrong)
}

fn text_of<'a>(value: &'a CowVal<'_, '_>) -> Result<&'a str> {
    let text = value.downcast_ref::<CelString<'_>>();
    let text = text.ok_or_else(|| ExecutionError::function_error("getField", "no name"))?;
    Ok(text.inner())
}

fn get_field<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>> {
    let [message, name] = arguments(args)?;
    let no_message = || ExecutionError::function_error("getField", "what has no fields has none");
    let indexer = message.as_indexer().ok_or_else(no_message)?;
    Ok(CowVal::Owned(indexer.get(name.as_ref())?.into_owned()))
}

fn has<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>> {
    let [value, name] = arguments(args)?;
    if let Some(message) = value.downcast_ref::<Message>() {
        return Ok(CowVal::owned(CelBool::from(message.has(text_of(&name)?)?)));
    }
    let no_fields = || ExecutionError::function_error("has", "what has no fields has none");
    let found = value.as_indexer().ok_or_else(no_fields)?.get(name.as_ref());
    Ok(CowVal::owned(CelBool::from(found.is_ok())))
}

fn range<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>> {
    let [list, units] = arguments(args)?;
    let items = list.as_sizer().map_or(0, |sizer| *sizer.size().inner());
    let units = units
        .downcast_ref::<CelInt>()
        .map_or(1, |units| *units.inner());
    // Each item is copied into the loop's variable.
    charge(
        items
            .saturating_mul(units)
            .unsigned_abs()
            .saturating_add(size(list.as_ref()) / 8 + 1),
    )?;
    Ok(list)
}

fn sized<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>> {
    let [value] = arguments(args)?;
    charge_value(value.as_ref())?;
    Ok(value)
}

/// Whether no item stands in a list twice; of scalars, in linear time.
fn unique<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>> {
    let [list] = arguments(args)?;
    let wrong = || ExecutionError::function_error("unique", "only scalars can be compared");
    let list = list.downcast_ref::<CelList<'_>>().ok_or_else(wrong)?;
    charge(size(list) / 8 + 1)?;
    let mut seen = std::collections::HashSet::new();
    for item in list.inner() {
        let Some(key) = scalar_key(item.as_ref()) else {
            return Err(wrong());
        };
        if !seen.insert(key) {
            return Ok(CowVal::owned(CelBool::from(false)));
        }
    }
    Ok(CowVal::owned(CelBool::from(true)))
}

/// A scalar as its kind and bytes.
fn scalar_key(value: &dyn Val) -> Option<(u8, Vec<u8>)> {
    if let Some(text) = value.downcast_ref::<CelString<'_>>() {
        Some((0, text.inner().as_bytes().to_vec()))
    } else if let Some(bytes) = value.downcast_ref::<CelBytes<'_>>() {
        Some((1, bytes.inner().to_vec()))
    } else if let Some(flag) = value.downcast_ref::<CelBool>() {
        Some((2, vec![u8::from(*flag.inner())]))
    } else if let Some(number) = value.downcast_ref::<CelInt>() {
        Some((3, number.inner().to_le_bytes().to_vec()))
    } else if let Some(number) = value.downcast_ref::<CelUInt>() {
        Some((4, number.inner().to_le_bytes().to_vec()))
    } else {
        let number = *value.downcast_ref::<CelDouble>()?.inner();
        let number = if number == 0.0 { 0.0 } else { number };
        Some((5, number.to_bits().to_le_bytes().to_vec()))
    }
}
