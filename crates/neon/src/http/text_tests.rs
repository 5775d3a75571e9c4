use proptest::prelude::*;

use super::*;
use crate::http::ToText;

/// What is read of what was written.
fn again<T: ToText + FromText>(value: &T) -> Option<T> {
    match value.to_text() {
        Some(text) => T::from_text(&text),
        None => T::from_null(),
    }
}

#[test]
fn texts_are_postgres_own() {
    assert_eq!(true.to_text().as_deref(), Some("true"));
    assert_eq!(f64::NEG_INFINITY.to_text().as_deref(), Some("-Infinity"));
    assert_eq!(f32::NAN.to_text().as_deref(), Some("NaN"));
    assert_eq!(Bytea(vec![0, 0xab, 0xff]).to_text().as_deref(), Some("\\x00abff"));
    assert_eq!(["a,b", "NULL", ""].to_text().as_deref(), Some(r#"{"a,b","NULL",""}"#));
    assert_eq!(vec![Some(1i32), None].to_text().as_deref(), Some(r#"{"1",NULL}"#));
    assert_eq!(None::<i32>.to_text(), None);
}

#[test]
fn a_type_holds_its_own_values_alone() {
    assert!(i64::accepts(&Type::INT8) && !i64::accepts(&Type::INT4));
    assert!(!i32::accepts(&Type::INT8) && !bool::accepts(&Type::TEXT));
    assert!(String::accepts(&Type::TIMESTAMPTZ) && Value::accepts(&Type::JSONB));
    assert!(Vec::<i32>::accepts(&Type::INT4_ARRAY) && !Vec::<i32>::accepts(&Type::INT4));
}

#[test]
fn what_is_no_array_is_none() {
    for text in ["", "{", "}", "{,}", "{a,}", "{,a}", "{\"a}", "{\"a\"b}", "{{1}}", "{\"a\\}", "1"]
    {
        assert_eq!(array(text), None, "{text}");
    }
    let read = array(r#"{a,"b\"\\",NULL,"NULL",""}"#).unwrap();
    let expected = [Some("a"), Some("b\"\\"), None, Some("NULL"), Some("")];
    assert_eq!(read, expected.map(|text| text.map(str::to_owned)));
    assert_eq!(array("{}"), Some(Vec::new()));
}

#[test]
fn what_is_no_value_is_none() {
    assert_eq!(bool::from_text("true"), None);
    assert_eq!(i32::from_text("2147483648"), None);
    for text in ["", "00", "\\x0", "\\xzz", "\\x0é"] {
        assert_eq!(Bytea::from_text(text), None, "{text}");
    }
    assert_eq!(i32::from_null(), None);
    assert_eq!(Vec::<i32>::from_text("{1,NULL}"), None);
}

proptest! {
    #[test]
    fn numbers_bytes_and_texts_come_back(
        whole in any::<i64>(),
        float in any::<f64>(),
        single in any::<f32>(),
        bytes in prop::collection::vec(any::<u8>(), 0..50),
        text in ".*",
    ) {
        prop_assert_eq!(again(&whole), Some(whole));
        let bits = |read: f64| if read.is_nan() { f64::NAN.to_bits() } else { read.to_bits() };
        prop_assert_eq!(again(&float).map(bits), Some(bits(float)));
        let bits = |read: f32| if read.is_nan() { f32::NAN.to_bits() } else { read.to_bits() };
        prop_assert_eq!(again(&single).map(bits), Some(bits(single)));
        let bytes = Bytea(bytes);
        prop_assert_eq!(again(&bytes), Some(bytes));
        prop_assert_eq!(again(&text), Some(text));
    }

    #[test]
    fn arrays_come_back(texts in prop::collection::vec(prop::option::of(".*"), 0..10)) {
        prop_assert_eq!(again(&texts), Some(texts));
    }

    #[test]
    fn any_text_is_an_array_or_none(text in "[{}\",\\\\aN\u{e9}]{0,20}") {
        if let Some(elements) = array(&text) {
            // It is one: then it is the same array as what we would write of it.
            prop_assert_eq!(array(&elements.to_text().unwrap()), Some(elements));
        }
    }
}
