//! Domain controllers that DNS names, over UDP and, when that is too short, TCP.

use std::sync::Arc;

use samesign::source::ldap::{Settings, Transport};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UdpSocket};

use super::ldap::read;
use super::scripted::serve;

/// The answer to a question for SRV records: localhost with a port, if the name is the one that has it.
fn answer(question: &[u8], name: &[u8], port: u16) -> Vec<u8> {
    let mut answer = question.to_vec();
    answer[2] = 0x81;
    if !question.windows(name.len()).any(|it| it == name) {
        answer[3] = 3;
        return answer;
    }
    answer[7] = 1;
    answer.extend([0xc0, 12, 0, 33, 0, 1, 0, 0, 0, 60, 0, 17, 0, 0, 0, 0]);
    answer.extend(port.to_be_bytes());
    answer.extend(b"\x09localhost\0");
    answer
}

async fn name_server(name: &'static [u8], port: u16, truncate: bool) -> std::net::SocketAddr {
    // The port of one protocol may be taken in the other.
    let (udp, tcp, address) = loop {
        let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = udp.local_addr().unwrap();
        if let Ok(tcp) = TcpListener::bind(address).await {
            break (udp, tcp, address);
        }
    };
    tokio::spawn(async move {
        let mut buffer = [0; 512];
        while let Ok((len, from)) = udp.recv_from(&mut buffer).await {
            let mut answer = answer(&buffer[..len], name, port);
            if truncate {
                answer[2] |= 2;
                answer.truncate(12);
            }
            udp.send_to(b"a stranger's datagram", from).await.unwrap();
            udp.send_to(&answer, from).await.unwrap();
        }
    });
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = tcp.accept().await {
            let mut question = vec![0; stream.read_u16().await.unwrap().into()];
            stream.read_exact(&mut question).await.unwrap();
            let answer = answer(&question, name, port);
            stream.write_u16(answer.len().try_into().unwrap()).await.unwrap();
            stream.write_all(&answer).await.unwrap();
        }
    });
    address
}

#[tokio::test]
async fn the_servers_of_a_domain_come_from_dns() {
    for (name, truncate) in
        [(&b"\x02dc\x06_msdcs"[..], false), (b"_tcp\x01x", false), (b"\x02dc\x06_msdcs", true)]
    {
        let server = serve(true, Arc::new(|_| None)).await;
        let port = server.servers[0].port.unwrap();
        let settings = Settings {
            servers: Vec::new(),
            transport: Transport::StartTls,
            name_servers: vec![name_server(name, port, truncate).await],
            ..server
        };
        let snapshot = read(settings).await.unwrap();
        assert_eq!(snapshot.watermark().server, format!("localhost:{port}"));
    }
}

#[tokio::test]
async fn a_domain_that_dns_does_not_know_is_said_to_be_so() {
    let server = serve(true, Arc::new(|_| None)).await;
    let name_servers = vec![name_server(b"no such name", 1, false).await];
    let settings = Settings { servers: Vec::new(), name_servers, ..server };
    let broken = read(settings).await.expect_err("there is no server");
    let cause = std::error::Error::source(&broken.cause).unwrap();
    assert_eq!(
        broken.cause.to_string(),
        "no domain controller of x is known; list `servers`, or let this machine ask the domain's DNS"
    );
    assert_eq!(cause.to_string(), "DNS has no servers under _ldap._tcp.x");
}
