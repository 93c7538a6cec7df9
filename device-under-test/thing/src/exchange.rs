//! Requests and their answers, one connection each.

use crate::buffer::Buffer;
use crate::console::{self, Failure};
use crate::http::{Answer, Method, Progress, write_request};
use crate::io::Output;
use crate::limits::{ANSWER_IDLE_MS_MAX, ANSWER_MS_MAX, CONNECT_MS_MAX};
use crate::thing::{Phase, Thing, Turn};
use crate::time::stamp;

/// Statuses with which a server refuses a report for what it holds: 400 and 413.
const REFUSED_FOR_CONTENT: [u16; 2] = [400, 413];

impl Thing {
    pub(crate) fn connect(&mut self, turn: &mut Turn<'_>, method: Method) {
        turn.print(&console::request(method));
        self.enter(Phase::Connecting(method), turn.now.after_ms(CONNECT_MS_MAX));
        (turn.sink)(Output::Connect);
    }

    pub(crate) fn connect_failed(&mut self, turn: &mut Turn<'_>, reason: &str) {
        if let Phase::Connecting(method) = self.phase {
            self.fail(turn, Failure::Connect(method, reason));
        }
    }

    /// Signs and sends the request: with the time of now, which after an operation may be a minute
    /// later than that of the GET.
    pub(crate) fn connected(&mut self, turn: &mut Turn<'_>) {
        let (Phase::Connecting(method), Some(calendar)) = (self.phase, self.calendar) else {
            return;
        };
        let stamp = stamp(calendar.unix_s(turn.now));
        let body = match method {
            Method::Get => &[],
            Method::Post => turn.workspace.report.get(..self.report_bytes).unwrap_or_default(),
        };
        let mut request = Buffer::new(&mut turn.workspace.document);
        write_request(&mut request, turn.config, method, &stamp, body);
        if request.is_overflown() {
            self.fail(turn, Failure::RequestTooLong(method));
            return;
        }
        (turn.sink)(Output::Send(request.written()));
        self.answer = Answer::new();
        self.asked_at = turn.now;
        self.enter(Phase::Answering(method), turn.now.after_ms(ANSWER_IDLE_MS_MAX));
    }

    pub(crate) fn received(&mut self, turn: &mut Turn<'_>, bytes: &[u8]) {
        let Phase::Answering(method) = self.phase else {
            return;
        };
        let idle_at = turn.now.after_ms(ANSWER_IDLE_MS_MAX);
        self.deadline = Some(idle_at.min(self.asked_at.after_ms(ANSWER_MS_MAX)));
        let taken = self.answer.receive(bytes, &mut turn.workspace.document);
        // The headers alone decide about an answer that is not 200, whatever is wrong with its body.
        if self.decide(turn, method) {
            return;
        }
        if let Err(error) = taken {
            self.fail(turn, Failure::Answer(method, error));
        }
    }

    /// The connection ended: in good order, or not.
    pub(crate) fn ended(&mut self, turn: &mut Turn<'_>, in_order: bool) {
        if let Phase::Connecting(method) = self.phase {
            self.fail(turn, Failure::Connect(method, "connection ended"));
            return;
        }
        let Phase::Answering(method) = self.phase else {
            return;
        };
        let complete = if in_order { self.answer.close() } else { self.answer.broke() };
        match complete {
            Ok(()) => {
                self.decide(turn, method);
            }
            Err(error) => self.fail(turn, Failure::Answer(method, error)),
        }
    }

    /// Goes on as soon as enough of the answer is there; false when it is not.
    fn decide(&mut self, turn: &mut Turn<'_>, method: Method) -> bool {
        match (self.answer.progress(), self.answer.status(), method) {
            (Progress::Head, ..) => false,
            (_, 200, Method::Post) => {
                (turn.sink)(Output::Disconnect);
                self.reported(turn);
                true
            }
            (Progress::Complete, 200, Method::Get) => {
                (turn.sink)(Output::Disconnect);
                self.document_bytes = self.answer.body_bytes();
                self.shadow_received(turn);
                true
            }
            (Progress::Body, 200, Method::Get) => false,
            (_, status, _) => {
                self.refused(turn, method, status);
                true
            }
        }
    }

    fn refused(&mut self, turn: &mut Turn<'_>, method: Method, status: u16) {
        if method == Method::Post
            && REFUSED_FOR_CONTENT.contains(&status)
            && let Some(state) = &mut self.state
        {
            // What is only given back may be too much for the server. The status must get through, so
            // the next report comes without.
            state.is_brief = true;
        }
        // The reason is copied, since the failure ends the wake and with it the answer.
        let answer = self.answer.clone();
        self.fail(turn, Failure::Status(method, status, answer.reason()));
    }
}
