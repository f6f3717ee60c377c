import java.io.IOException;
import jakarta.servlet.http.*;
import org.apache.catalina.Context;
import org.apache.catalina.startup.Tomcat;

/** A Tomcat with one servlet, as the packaged one names its MBeans (domain Catalina). */
public class TomcatApp {
  public static void main(String[] args) throws Exception {
    Tomcat tomcat = new Tomcat();
    tomcat.setBaseDir(args[1]);
    tomcat.setPort(Integer.parseInt(args[0]));
    tomcat.getConnector();
    tomcat.getEngine().setName("Catalina");
    Context shop = tomcat.addContext("/shop", null);
    Tomcat.addServlet(shop, "orders", new HttpServlet() {
      @Override protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        request.getSession(true);
        if (request.getParameter("fail") != null) response.sendError(500);
        else response.getWriter().println("ok");
      }
    });
    shop.addServletMappingDecoded("/orders", "orders");
    tomcat.start();
    tomcat.getServer().await();
  }
}
