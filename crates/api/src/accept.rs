//! What form of an answer a client asks for (RFC 9110, 12.5.1): JSON, or a table by
//! those who name it.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT;

/// Of a form that is named without a quality, in thousandths.
const QUALITY_MAX: u16 = 1_000;

/// Whether a table is asked for rather than JSON. What names neither gets JSON, as at
/// every other route; so does who likes both the same and names both.
pub(crate) fn is_table(headers: &HeaderMap) -> bool {
    let named = |name| quality(headers, name);
    let table = named("text/csv").or_else(|| named("text/*")).unwrap_or(0);
    let json = named("application/json");
    let any = json.or_else(|| named("application/*")).or_else(|| named("*/*")).unwrap_or(0);
    table > any || table == any && table > 0 && json.is_none()
}

/// How much a range of media types is liked, in thousandths, if it is named.
fn quality(headers: &HeaderMap, name: &str) -> Option<u16> {
    let lists = headers.get_all(ACCEPT).iter().filter_map(|list| list.to_str().ok());
    lists.flat_map(|list| list.split(',')).find_map(|range| {
        let mut parts = range.split(';').map(str::trim);
        let is_meant = parts.next()?.eq_ignore_ascii_case(name);
        let told = parts.find_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q=")));
        is_meant.then(|| told.and_then(thousandths).unwrap_or(QUALITY_MAX))
    })
}

/// Reads `0.25` as 250; none where it is no quality.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let is_short = whole.len() == 1 && decimals.len() <= 3;
    let number: u16 = is_short.then(|| format!("{whole}{decimals:0<3}").parse().ok()).flatten()?;
    (number <= QUALITY_MAX).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_for_who_names_it() {
        #[rustfmt::skip]
        let table: [(&[&str], bool); 22] = [
            (&[],                                                   false),
            (&[""],                                                 false),
            (&["*/*"],                                              false),
            (&["text/html, application/xml;q=0.9, */*;q=0.8"],      false),
            (&["application/json"],                                 false),
            (&["text/csv"],                                         true),
            (&["TEXT/CSV; Charset=UTF-8"],                          true),
            (&["text/*"],                                           true),
            (&["text/csv, */*"],                                    true),
            (&["text/csv, */*;q=0.1"],                              true),
            (&["*/*", "text/csv"],                                  true),
            (&["text/csv;q=0.5, */*"],                              false),
            (&["text/csv, application/json"],                       false),
            (&["application/json, text/csv"],                       false),
            (&["text/csv, application/json;q=0.999"],               true),
            (&["text/csv;q=0.8, application/json;q=0.9"],           false),
            (&["text/csv; header=present; q=0.2, application/*;q=0.1"], true),
            (&["text/csv;q=0"],                                     false),
            (&["text/csv;q=0, text/*"],                             false),
            (&["text/csv;q=0.000, */*;q=0"],                        false),
            (&["text/csv;q=nine, application/json;q=0.9"],          true),
            (&["text/csvx, xtext/csv"],                             false),
        ];
        for (lists, wanted) in table {
            let mut headers = HeaderMap::new();
            for list in lists {
                headers.append(ACCEPT, list.parse().unwrap());
            }
            assert_eq!(is_table(&headers), wanted, "{lists:?}");
        }
    }

    #[test]
    fn a_quality_has_three_decimals_and_is_at_most_one() {
        #[rustfmt::skip]
        let table = [
            ("1", Some(1_000)), ("0", Some(0)), ("0.", Some(0)), ("1.000", Some(1_000)),
            ("0.5", Some(500)), ("0.25", Some(250)), ("0.007", Some(7)), ("1.001", None),
            ("2", None), ("0.1234", None), (".5", None), ("-1", None), ("", None), ("é", None),
            ("0.é", None), ("+1", None),
        ];
        for (text, wanted) in table {
            assert_eq!(thousandths(text), wanted, "{text}");
        }
    }
}
