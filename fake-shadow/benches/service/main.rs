//! How fast the service is beside a bare handler that reads and answers the same bytes, and beside moto, all in one run.
//!
//! `bash docs/bench/run.sh` runs it with moto; `cargo bench -p fake-shadow` alone leaves moto out. Rounds of the bare handler and
//! of the service take turns, so that whatever else the machine does meets both.
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on must end")]
#![expect(clippy::print_stdout, reason = "a benchmark is a program, and this is its result")]

mod bare;
mod load;
mod measure;
mod server;
mod signed;

use std::time::Duration;

use load::Load;
use measure::{Compared, Figures, compare, rounds, shadows_kept, start_time};
use server::Server;
use signed::{GET, UPDATE};

/// How many clients there are at once.
const CONNECTIONS: usize = 64;

/// How many rounds each of two servers has; the middle one counts.
const ROUNDS: usize = 9;

/// How long a round is.
const ROUND: Duration = Duration::from_secs(1);

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, flag, get, update] = arguments.as_slice()
        && flag == bare::FLAG
    {
        return bare::serve(get.clone().into_bytes(), update.clone().into_bytes());
    }
    let service = Server::service();
    signed::make_things(service.address, CONNECTIONS);
    let bare = Server::bare(
        &signed::body_of(service.address, GET),
        &signed::body_of(service.address, UPDATE),
    );
    println!("{CONNECTIONS} connections, {ROUNDS} rounds of {} s each\n", ROUND.as_secs());
    println!(
        "| | requests/s | p50 ms | p99 ms | server's CPU µs a request |\n| --- | ---: | ---: | ---: | ---: |"
    );
    let compared = [("signed GET", GET), ("signed update", UPDATE)].map(|(name, line)| {
        let load = Load { requests: signed::requests(line, CONNECTIONS), span: ROUND };
        let compared = rounds(&load, &bare, &service, ROUNDS);
        row(name, "bare handler", &compared.bare);
        row(name, "fake-shadow", &compared.service);
        (name, compared)
    });
    let moto = std::env::var("MOTO_SERVER").ok().map(|program| {
        let moto = Server::moto(&program);
        signed::make_things(moto.address, CONNECTIONS);
        [("signed GET", GET), ("signed update", UPDATE)].map(|(name, line)| {
            let load = Load { requests: signed::requests(line, CONNECTIONS), span: ROUND * 3 };
            let figures = Figures::of(&load, &moto);
            row(name, "moto", &figures);
            figures
        })
    });
    println!();
    for (place, (name, compared)) in compared.iter().enumerate() {
        println!("{}", verdict(name, compared, moto.as_ref().map(|moto| &moto[place])));
    }
    drop((service, bare));
    println!("start to first answer: {:.1} ms (aim: under 30)", start_time().as_secs_f64() * 1e3);
    println!("100,000 shadows of 1 KB: {:.0} MB resident (aim: under 400)", shadows_kept(100_000));
}

fn row(name: &str, server: &str, figures: &Figures) {
    let Figures { rate, p50, p99, cpu } = figures;
    let ms = |span: &Duration| span.as_secs_f64() * 1e3;
    let cpu_us = cpu.as_secs_f64() * 1e6;
    println!("| {name}, {server} | {rate:.0} | {:.2} | {:.2} | {cpu_us:.1} |", ms(p50), ms(p99));
}

fn verdict(name: &str, compared: &Compared, moto: Option<&Figures>) -> String {
    let aim = if name.ends_with("GET") { 0.7 } else { 0.6 };
    let (rate, p99) = compare(compared);
    let beside_moto = moto.map_or_else(
        || "moto was not measured: MOTO_SERVER names no program".to_owned(),
        |moto| format!("{:.0} times moto (aim: 100)", compared.service.rate / moto.rate),
    );
    format!(
        "{name}: {rate:.2} of the bare handler (aim: {aim}), p99 {p99:.2} times (aim: 2), {beside_moto}"
    )
}
