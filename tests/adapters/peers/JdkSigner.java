import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import javax.xml.crypto.dsig.CanonicalizationMethod;
import javax.xml.crypto.dsig.DigestMethod;
import javax.xml.crypto.dsig.Reference;
import javax.xml.crypto.dsig.SignedInfo;
import javax.xml.crypto.dsig.Transform;
import javax.xml.crypto.dsig.XMLSignatureFactory;
import javax.xml.crypto.dsig.dom.DOMSignContext;
import javax.xml.crypto.dsig.keyinfo.KeyInfo;
import javax.xml.crypto.dsig.keyinfo.KeyInfoFactory;
import javax.xml.crypto.dsig.spec.C14NMethodParameterSpec;
import javax.xml.crypto.dsig.spec.TransformParameterSpec;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.transform.OutputKeys;
import javax.xml.transform.Transformer;
import javax.xml.transform.TransformerFactory;
import javax.xml.transform.dom.DOMSource;
import javax.xml.transform.stream.StreamResult;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

/**
 * Signs messages as the JDK does, with the namespace of signatures as the default one: a message in base64 on
 * each line of standard input, signed on each of standard output. Arguments: key (PKCS 8) and certificate, PEM.
 */
public final class JdkSigner {
    private static final String MESSAGE = "http://iec.ch/TC57/2011/schema/message";
    private static final String RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";

    public static void main(String[] files) throws Exception {
        String pem = Files.readString(Path.of(files[0])).replaceAll("-----[^-]+-----|\\s", "");
        PrivateKey key = KeyFactory.getInstance("RSA")
                .generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(pem)));
        X509Certificate certificate;
        try (InputStream file = Files.newInputStream(Path.of(files[1]))) {
            certificate = (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(file);
        }
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            byte[] signed = signed(Base64.getDecoder().decode(line), key, certificate);
            System.out.println(Base64.getEncoder().encodeToString(signed));
        }
    }

    private static byte[] signed(byte[] message, PrivateKey key, X509Certificate certificate) throws Exception {
        DocumentBuilderFactory documents = DocumentBuilderFactory.newInstance();
        documents.setNamespaceAware(true);
        Document document = documents.newDocumentBuilder().parse(new ByteArrayInputStream(message));
        Element header = (Element) document.getElementsByTagNameNS(MESSAGE, "Header").item(0);
        XMLSignatureFactory made = XMLSignatureFactory.getInstance("DOM");
        Reference whole = made.newReference("", made.newDigestMethod(DigestMethod.SHA256, null),
                List.of(made.newTransform(Transform.ENVELOPED, (TransformParameterSpec) null)), null, null);
        SignedInfo info = made.newSignedInfo(
                made.newCanonicalizationMethod(CanonicalizationMethod.INCLUSIVE, (C14NMethodParameterSpec) null),
                made.newSignatureMethod(RSA_SHA256, null), List.of(whole));
        KeyInfoFactory keys = made.getKeyInfoFactory();
        KeyInfo by = keys.newKeyInfo(List.of(keys.newX509Data(
                List.of(certificate.getSubjectX500Principal().getName(), certificate))));
        made.newXMLSignature(info, by).sign(new DOMSignContext(key, header));
        Transformer writer = TransformerFactory.newInstance().newTransformer();
        writer.setOutputProperty(OutputKeys.OMIT_XML_DECLARATION, "yes");
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        writer.transform(new DOMSource(document), new StreamResult(data));
        return data.toByteArray();
    }

    private JdkSigner() {}
}
