//! The board on its own: `virtual-board --chip esp32c3 --pty run/board`.

use std::io::{Write, stderr, stdout};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use virtual_board::shell::{Options, Running};
use virtual_board::{BootMode, Chip, Circuit, Fidelity, Flash, Mac, Programs, Provisioning, Setup};

/// How often to look whether the board stopped by itself.
const GLANCE: Duration = Duration::from_millis(100);

/// A board in software that official tools flash unchanged.
///
/// Without --pty and without --rfc2217 it has a pseudo-terminal of its own.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// esp8266, esp32, esp32s2, esp32s3, esp32c2, esp32c3, esp32c6 or esp32h2
    #[arg(long, value_parser = chip)]
    chip: Chip,
    /// Put a link to the pseudo-terminal here, and remove it at the end
    #[arg(long, value_name = "PATH")]
    pty: Option<PathBuf>,
    /// A serial port with modem lines over TCP; port 0 picks a free one
    #[arg(long, value_name = "ADDR")]
    rfc2217: Option<SocketAddr>,
    /// Control socket: power, reset, faults; one JSON line each way
    #[arg(long, value_name = "PATH")]
    control: Option<PathBuf>,
    /// Put a link to the pseudo-terminal of a current meter here: a Power Profiler Kit II that measures this board
    #[arg(long, value_name = "PATH")]
    ppk2: Option<PathBuf>,
    /// Keep the flash in this file
    #[arg(long, value_name = "FILE")]
    flash: Option<PathBuf>,
    /// Whether to take the time that a real board takes
    #[arg(long, value_enum, default_value = "fast")]
    mode: Mode,
    /// What to start with; default download when the flash is empty
    #[arg(long, value_enum)]
    boot: Option<Boot>,
    /// The address in its efuses, such as 7c:df:a1:c2:22:10
    #[arg(long, value_parser = mac, default_value_t = Mac::DEFAULT)]
    mac: Mac,
    /// Execute the machine code of what is flashed, instead of recognizing the project's own things by their names (esp32c3)
    #[arg(long)]
    execute: bool,
    /// Print the numbers of the chip that flashing tools hold as well, as JSON, and end
    #[arg(long)]
    numbers: bool,
    /// How DTR and RTS act on the chip
    #[arg(long, value_enum, default_value = "classic")]
    circuit: Wiring,
    #[command(flatten)]
    provisioning: ProvisioningArguments,
}

/// What a program is told that finds no provisioning in the flash.
#[derive(clap::Args, Debug)]
struct ProvisioningArguments {
    /// Whom the program on the board connects to, such as http://127.0.0.1:8080
    #[arg(long, env = "SHADOWRIG_ENDPOINT", value_name = "URL")]
    endpoint: Option<String>,
    /// The thing's name in the cloud; default thing-1
    #[arg(long, env = "SHADOWRIG_THING_NAME", value_name = "NAME")]
    thing_name: Option<String>,
    /// The name of its shadow; default the unnamed one
    #[arg(long, env = "SHADOWRIG_SHADOW_NAME", value_name = "NAME")]
    shadow_name: Option<String>,
    /// The Host header; default what the endpoint says
    #[arg(long, env = "SHADOWRIG_HOST", value_name = "HOST")]
    host: Option<String>,
    /// The region in signatures; default us-east-1
    #[arg(long, env = "AWS_REGION", value_name = "REGION")]
    region: Option<String>,
    /// The public half of the key
    #[arg(long, env = "AWS_ACCESS_KEY_ID", value_name = "KEY")]
    access_key_id: Option<String>,
    /// The secret half of the key; the variable is safer, other users can see arguments
    #[arg(long, env = "AWS_SECRET_ACCESS_KEY", hide_env_values = true, value_name = "SECRET")]
    secret_access_key: Option<String>,
    /// The token of a temporary key
    #[arg(long, env = "AWS_SESSION_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    session_token: Option<String>,
    /// The time server, such as 192.168.4.1:123; default the clock of this machine
    #[arg(long, env = "SHADOWRIG_NTP_SERVER", value_name = "ADDR")]
    ntp_server: Option<String>,
    /// The name server, such as 192.168.4.1:53; default this machine's own way
    #[arg(long, env = "SHADOWRIG_NAME_SERVER", value_name = "ADDR")]
    name_server: Option<String>,
    /// A file with the one certificate that is trusted over TLS, in PEM; default the public roots
    #[arg(long, env = "SHADOWRIG_CA_FILE", value_name = "FILE", value_parser = certificate)]
    ca_file: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Mode {
    Fast,
    Faithful,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Boot {
    Download,
    Run,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Wiring {
    Classic,
    UsbSerialJtag,
    None,
}

fn chip(text: &str) -> Result<Chip, String> {
    let known = || Chip::ALL.map(Chip::name).join(", ");
    Chip::by_name(text).ok_or_else(|| format!("the board can have {}", known()))
}

fn mac(text: &str) -> Result<Mac, String> {
    Mac::parse(text).ok_or_else(|| "expected six bytes in hex, joined by colons".to_owned())
}

fn certificate(path: &str) -> Result<String, String> {
    let pem = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    Provisioning::certificate_of(&pem)
        .ok_or_else(|| "it holds no `-----BEGIN CERTIFICATE-----`".to_owned())
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let options = options(&arguments);
    let done = match arguments.numbers {
        true => numbers(arguments.chip),
        false => run(setup(arguments), &options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to tell if even this fails.
            let _ = writeln!(stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn numbers(chip: Chip) -> Result<(), Box<dyn std::error::Error>> {
    serde_json::to_writer(stdout().lock(), &chip.numbers())?;
    Ok(())
}

fn run(setup: Setup, options: &Options) -> Result<(), Box<dyn std::error::Error>> {
    // Before anything is started, so that no link stays behind however early the signal comes.
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    let running = Running::start(setup, Flash::new(), options)?;
    let mut out = stdout().lock();
    for way in running.ways() {
        writeln!(out, "virtual-board {} on {way}", running.chip().name())?;
    }
    out.flush()?;
    while signals.pending().next().is_none() && !running.is_over() {
        std::thread::sleep(GLANCE);
    }
    Ok(running.stop()?)
}

fn options(arguments: &Arguments) -> Options {
    Options {
        has_pty: arguments.pty.is_some() || arguments.rfc2217.is_none(),
        pty_link: arguments.pty.clone(),
        rfc2217: arguments.rfc2217,
        control: arguments.control.clone(),
        ppk2: arguments.ppk2.clone(),
        flash_file: arguments.flash.clone(),
        boot: arguments.boot.map(|boot| match boot {
            Boot::Download => BootMode::Download,
            Boot::Run => BootMode::Run,
        }),
    }
}

fn setup(arguments: Arguments) -> Setup {
    let given = arguments.provisioning;
    Setup {
        chip: arguments.chip,
        fidelity: match arguments.mode {
            Mode::Fast => Fidelity::Fast,
            Mode::Faithful => Fidelity::Faithful,
        },
        mac: arguments.mac,
        programs: if arguments.execute { Programs::Executed } else { Programs::Recognized },
        circuit: match arguments.circuit {
            Wiring::Classic => Circuit::Classic,
            Wiring::UsbSerialJtag => Circuit::UsbSerialJtag,
            Wiring::None => Circuit::None,
        },
        provisioning: Provisioning {
            endpoint: given.endpoint,
            thing_name: given.thing_name,
            shadow_name: given.shadow_name,
            host: given.host,
            region: given.region,
            access_key_id: given.access_key_id,
            secret_access_key: given.secret_access_key,
            session_token: given.session_token,
            ntp_server: given.ntp_server,
            name_server: given.name_server,
            ca_certificate: given.ca_file,
            // Its network is a cable.
            ..Provisioning::default()
        },
    }
}
