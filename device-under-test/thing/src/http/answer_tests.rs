//! Answers in every form that servers were seen to give them, cut at every place.

use super::answer::{Answer, AnswerError};
use crate::limits::HEAD_BYTES_MAX;
use proptest::prelude::*;

const ROOM_BYTES: usize = 64;

/// Reads an answer in pieces of this size, then closes.
fn read(answer: &[u8], piece_bytes: usize) -> Result<(u16, String, String), AnswerError> {
    let mut reader = Answer::new();
    let mut body = [0; ROOM_BYTES];
    for piece in answer.chunks(piece_bytes.max(1)) {
        reader.receive(piece, &mut body)?;
    }
    reader.close()?;
    let body = String::from_utf8(body[..reader.body_bytes()].to_vec()).unwrap();
    Ok((reader.status(), reader.reason().to_owned(), body))
}

fn check(answer: &str, expected: Result<(u16, &str, &str), AnswerError>) {
    let expected =
        expected.map(|(status, reason, body)| (status, reason.to_owned(), body.to_owned()));
    for piece_bytes in [1, 2, 7, answer.len()] {
        assert_eq!(read(answer.as_bytes(), piece_bytes), expected, "{answer:?} {piece_bytes}");
    }
}

#[test]
fn a_plain_answer_is_read() {
    check("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", Ok((200, "OK", "{}")));
    check("HTTP/1.0 404 Not Found\r\ncontent-length:0\r\n\r\n", Ok((404, "Not Found", "")));
}

#[test]
fn a_reason_phrase_may_be_missing() {
    check("HTTP/1.1 200\r\nContent-Length: 2\r\n\r\n{}", Ok((200, "", "{}")));
    check("HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\n{}", Ok((200, "", "{}")));
}

#[test]
fn an_interim_answer_is_passed_over() {
    let interim = "HTTP/1.1 100 Continue\r\nContent-Length: 9\r\n\r\n";
    let real = "HTTP/1.1 200 OK\r\n\r\n{}";
    check(&format!("{interim}{real}"), Ok((200, "OK", "{}")));
    check(&interim.repeat(9), Err(AnswerError::TooManyInterim));
    check(interim, Err(AnswerError::CutOffInHead));
}

#[test]
fn header_names_come_in_any_case() {
    check("HTTP/1.1 200 OK\r\ncOnTeNt-LeNgTh: 1\r\n\r\n{}", Ok((200, "OK", "{")));
}

#[test]
fn lines_may_end_with_a_line_feed_alone() {
    check("HTTP/1.1 200 OK\nContent-Length: 2\n\n{}", Ok((200, "OK", "{}")));
}

#[test]
fn chunks_are_joined() {
    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\nContent-Length: 3\r\n\r\n";
    let chunks = "2;x=y\r\n{\"\r\n00A\r\na\":1234567\r\n1\r\n}\r\n0\r\nTrailer: 1\r\n\r\n";
    check(&format!("{head}{chunks}extra"), Ok((200, "OK", "{\"a\":1234567}")));
    check(&format!("{head}2\r\n{{}}\r\n"), Err(AnswerError::CutOff { body_bytes: 2 }));
    check(&format!("{head}x\r\n"), Err(AnswerError::BadChunk));
    check(&format!("{head}\r\n"), Err(AnswerError::BadChunk));
    check(&format!("{head}1\r\n{{}}\r\n"), Err(AnswerError::BadChunk));
    check(&format!("{head}fffffffffffffffff\r\n"), Err(AnswerError::BadChunk));
}

#[test]
fn without_a_length_the_body_lasts_until_the_close() {
    check("HTTP/1.1 200 OK\r\n\r\n{\"a\":1}", Ok((200, "OK", "{\"a\":1}")));
}

#[test]
fn a_body_shorter_than_announced_is_cut_off() {
    check("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}", {
        Err(AnswerError::CutOff { body_bytes: 2 })
    });
}

#[test]
fn bytes_after_the_body_are_ignored() {
    check("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}{}HTTP/1.1", Ok((200, "OK", "{}")));
    check("HTTP/1.1 204 No Content\r\n\r\n{}", Ok((204, "No Content", "")));
}

#[test]
fn an_answer_that_is_none_is_told_by_where_it_goes_wrong() {
    check("", Err(AnswerError::NoAnswer));
    check("HTTP/1.1 200 OK\r\nContent", Err(AnswerError::CutOffInHead));
    check("SSH-2.0-OpenSSH\r\n", Err(AnswerError::BadStatusLine));
    check("HTTP/1.1 20 OK\r\n", Err(AnswerError::BadStatusLine));
    check("HTTP/1.1 2x0 OK\r\n", Err(AnswerError::BadStatusLine));
    check("HTTP/2 200\r\n", Err(AnswerError::BadStatusLine));
    check("HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\n", Err(AnswerError::BadLength));
    check("HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n", Err(AnswerError::BadLength));
    check("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n", {
        Err(AnswerError::BadLength)
    });
    check("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", {
        Err(AnswerError::UnknownCoding)
    });
}

#[test]
fn what_does_not_fit_is_refused() {
    let too_long = Err(AnswerError::TooLong { bytes_max: ROOM_BYTES });
    check("HTTP/1.1 200 OK\r\nContent-Length: 65\r\n\r\n", too_long);
    check(&format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(65)), too_long);
    let endless = format!("HTTP/1.1 200 OK\r\nA: {}", "x".repeat(HEAD_BYTES_MAX));
    check(&endless, Err(AnswerError::HeadTooLong));
}

#[test]
fn control_characters_of_a_reason_are_not_kept() {
    check("HTTP/1.1 500 a\u{1b}[31mb\r\nContent-Length: 0\r\n\r\n", Ok((500, "a?[31mb", "")));
}

#[test]
fn a_connection_that_breaks_leaves_only_a_complete_answer() {
    let broken = |answer: &str| {
        let mut reader = Answer::new();
        reader.receive(answer.as_bytes(), &mut [0; ROOM_BYTES]).unwrap();
        reader.broke()
    };
    assert_eq!(broken("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), Ok(()));
    let until_close = broken("HTTP/1.1 200 OK\r\n\r\n{}");
    assert_eq!(until_close, Err(AnswerError::CutOff { body_bytes: 2 }));
}

proptest! {
    #[test]
    fn any_bytes_in_any_pieces_are_read_without_a_panic(
        bytes: Vec<u8>, piece_bytes in 1_usize..9
    ) {
        let _ = read(&bytes, piece_bytes);
    }

    #[test]
    fn where_an_answer_is_cut_makes_no_difference(
        tail in "[0-9a-fxHTP/\\r\\n:; -]{0,40}", piece_bytes in 1_usize..9,
        head in prop::sample::select(vec![
            "", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\nContent-Length: 4\n\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        ])
    ) {
        let answer = format!("{head}{tail}");
        let whole = read(answer.as_bytes(), answer.len());
        prop_assert_eq!(read(answer.as_bytes(), piece_bytes), whole);
    }
}
