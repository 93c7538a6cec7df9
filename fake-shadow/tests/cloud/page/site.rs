//! A cloud with its page, and what it answers.

use std::sync::Arc;

use fake_shadow::fault::Faulty;
use fake_shadow::http::{Remote, Server, Shared, Token, serve};
use fake_shadow::{FakeShadow, Settings};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::support::NOW;
use crate::support::bench::PATIENCE;

pub(crate) const TOKEN: &str = "0123456789abcdef-token";

/// What a browser says when somebody opens an address.
pub(crate) const HTML: &str = "Accept: text/html,application/xhtml+xml,*/*;q=0.8";

pub(crate) struct Site {
    pub(crate) shared: Arc<Shared>,
    server: Server,
}

/// An answer in parts.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let named = |line: &'_ str| line.split_once(": ").is_some_and(|(key, _)| key == name);
        let line = self.head.lines().find(|line| named(line))?;
        line.split_once(": ").map(|(_, value)| value)
    }
}

impl Site {
    pub(crate) async fn new() -> Self {
        Self::of(Settings::default(), Remote::Refused).await
    }

    pub(crate) async fn with_token() -> Self {
        let token = Token::chosen(TOKEN).unwrap();
        Self::of(Settings::default(), Remote::WithToken(token)).await
    }

    pub(crate) async fn of(settings: Settings, remote: Remote) -> Self {
        let cloud = Faulty::new(FakeShadow::new(settings));
        let shared = Arc::new(Shared::new(cloud, || NOW).controlled_from(remote));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = serve(listener, Arc::clone(&shared)).unwrap();
        Self { shared, server }
    }

    /// The answer to a request with these header lines.
    pub(crate) async fn ask(&self, line: &str, headers: &[&str]) -> Answer {
        let mut stream = TcpStream::connect(self.server.local_addr()).await.unwrap();
        let mut request = format!("{line} HTTP/1.1\r\nConnection: close\r\n");
        if !headers.iter().any(|header| header.starts_with("Host:")) {
            request += "Host: localhost:8080\r\n";
        }
        for header in headers {
            request += &format!("{header}\r\n");
        }
        request += "\r\n";
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        let read = stream.read_to_string(&mut answer);
        tokio::time::timeout(PATIENCE, read).await.expect("no answer came").unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_owned(), body: body.to_owned() }
    }

    pub(crate) async fn check(&self, line: &str, headers: &[&str], expected: u16) -> Answer {
        let answer = self.ask(line, headers).await;
        assert_eq!(answer.status, expected, "{line} {headers:?}: {}\n{}", answer.head, answer.body);
        answer
    }
}
