/* A client as small as an ESP8266 with setBufferSizes(512, 512): the real BearSSL with the buffers that the Arduino core gives it
 * then. It asks for the live page, which is far larger than its buffers, and prints what it got.
 *
 *   bearssl_client PORT CA.der BUFFER_BYTES
 */
#include <arpa/inet.h>
#include <bearssl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* What BearSSL needs beside the content of a record, as the Arduino core counts it. */
#define IN_OVERHEAD 325
#define OUT_OVERHEAD 85

static unsigned char ca_der[4096], dn[512];
static size_t dn_len;

static void keep_dn(void *unused, const void *part, size_t len) {
    (void)unused;
    if (dn_len + len <= sizeof dn) {
        memcpy(dn + dn_len, part, len);
        dn_len += len;
    }
}

static int read_some(void *fd, unsigned char *into, size_t len) {
    ssize_t got = read(*(int *)fd, into, len);
    return got > 0 ? (int)got : -1;
}

static int write_some(void *fd, const unsigned char *from, size_t len) {
    ssize_t put = write(*(int *)fd, from, len);
    return put > 0 ? (int)put : -1;
}

static int connect_to(int port) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    struct timeval limit = {.tv_sec = 20};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0) {
        perror("connect");
        exit(1);
    }
    return fd;
}

int main(int argc, char **argv) {
    static br_ssl_client_context client;
    static br_x509_minimal_context x509;
    static unsigned char in[16384 + IN_OVERHEAD], out[16384 + OUT_OVERHEAD];
    br_x509_decoder_context decoder;
    br_x509_trust_anchor anchor = {.flags = BR_X509_TA_CA};
    br_sslio_context io;
    char page[4096];
    long total = 0;
    int got;
    if (argc != 4) {
        return 2;
    }
    size_t buffer = (size_t)atoi(argv[3]);
    FILE *file = fopen(argv[2], "rb");
    if (file == NULL || buffer > 16384) {
        return 2;
    }
    size_t der_len = fread(ca_der, 1, sizeof ca_der, file);
    fclose(file);

    br_x509_decoder_init(&decoder, keep_dn, NULL);
    br_x509_decoder_push(&decoder, ca_der, der_len);
    br_x509_pkey *key = br_x509_decoder_get_pkey(&decoder);
    if (key == NULL) {
        fprintf(stderr, "the CA cannot be read: error %d\n", br_x509_decoder_last_error(&decoder));
        return 1;
    }
    anchor.dn.data = dn;
    anchor.dn.len = dn_len;
    anchor.pkey = *key;

    int fd = connect_to(atoi(argv[1]));
    br_ssl_client_init_full(&client, &x509, &anchor, 1);
    br_ssl_engine_set_buffers_bidi(&client.eng, in, buffer + IN_OVERHEAD, out, buffer + OUT_OVERHEAD);
    br_ssl_client_reset(&client, "localhost", 0);
    br_sslio_init(&io, &client.eng, read_some, &fd, write_some, &fd);
    static const char request[] =
        "GET / HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\nConnection: close\r\n\r\n";
    br_sslio_write_all(&io, request, sizeof request - 1);
    br_sslio_flush(&io);
    while ((got = br_sslio_read(&io, page, sizeof page)) > 0) {
        if (total == 0) {
            printf("%.*s\n", (int)strcspn(page, "\r"), page);
        }
        total += got;
    }
    int error = br_ssl_engine_last_error(&client.eng);
    printf("%ld bytes, error %d\n", total, error);
    close(fd);
    return error == 0 && total > 4096 ? 0 : 1;
}
